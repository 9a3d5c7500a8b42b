from tests.config.conftest import installation

__all__ = ["installation"]
