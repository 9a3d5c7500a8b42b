from tests.executions.conftest import drive

__all__ = ["drive"]
