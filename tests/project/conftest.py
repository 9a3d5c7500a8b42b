from tests.config.conftest import installation, profile

__all__ = ["installation", "profile"]
