import pytest

from accounts import services
from accounts.models import User


@pytest.fixture
def user(db: None) -> User:
    return services.create_user("joe", email="Joe@EXAMPLE.org", timezone_name="Europe/Vienna")


@pytest.fixture
def token(user: User) -> str:
    return services.create_token(user, "laptop")
