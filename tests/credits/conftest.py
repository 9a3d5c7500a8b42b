from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from pytest_django import Settings

from accounts.models import User
from credits import services
from credits.services import Charge

Charging = Callable[..., Charge]


@pytest.fixture(autouse=True)
def credits_on(settings: Settings) -> None:
    settings.CREDITS = True


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("joe")


@pytest.fixture
def rich(user: User) -> User:
    """Somebody with 1,000 credits."""
    services.grant(user.pk, 1000, reason="start")
    return user


@pytest.fixture
def charge() -> Charging:
    """Charge a user once, each time for another node execution unless one is named."""

    def charge(
        user: User, amount: int, *, node: UUID | None = None, run: UUID | None = None, **metadata: Any
    ) -> Charge:
        metadata |= {"graph_exec_id": str(run)} if run else {}
        with transaction.atomic():
            return services.charge(
                user_id=user.pk, node_execution_id=node or uuid4(), kind="run", amount=amount, metadata=metadata
            )

    return charge
