import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts.models import User
from credentials import services
from credentials.metas import Meta
from tests.credentials.provider import ProviderServer
from tests.executions.conftest import drive

__all__ = ["drive"]

Store = Callable[..., Meta]
Installed = Callable[[dict[str, Any]], None]


@pytest.fixture
def stranger(db: None) -> User:
    return User.objects.create_user("eve")


@pytest.fixture
def store(user: User) -> Store:
    """Stores an API key of the user, or what is said otherwise."""

    def make(**wanted: Any) -> Meta:
        order: dict[str, Any] = {"provider": "github", "type": "api_key", "values": {"api_key": "sk-first"}} | wanted
        return services.create(order.pop("user_id", user.pk), **order)

    return make


@pytest.fixture
def installed() -> Iterator[Installed]:
    """Writes the file of integrations, which the worker processes of the tests see, too."""
    file = settings.INTEGRATIONS
    assert isinstance(file, Path)

    def write(content: dict[str, Any]) -> None:
        fresh = file.with_suffix(".fresh")
        fresh.write_text(json.dumps(content))
        fresh.replace(file)

    yield write
    write({})


@pytest.fixture
def provider(installed: Installed) -> Iterator[ProviderServer]:
    """A provider to log in at, on this machine, that the installation knows as "github"."""
    with ProviderServer() as server:
        installed({"oauth": {"github": server.entry()}})
        yield server
