from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from rest_framework.test import APIClient

import credits.services
from accounts.models import User
from config import admin_site
from executions import hints, tasks  # noqa: F401  the tests send some of these by name
from tests import cleaning, stack
from tests.environment import STATE
from tests.graphs_for_tests import Build
from tests.silence import Silent

admin_site.discover()  # as the web process does
cleaning.take_over()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests on the session's workers come last: before them no worker takes a message or tells that it lives."""
    items.sort(key=lambda item: "worker_processes" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """The file of the test database is the one that worker processes find in the same state folder."""
    assert settings.STATE == STATE
    database = settings.DATABASES["default"]
    if "sqlite" in database["ENGINE"]:
        database["TEST"]["NAME"] = Path(database["NAME"])


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The audit log refuses to be emptied. On SQLite that is how tests clean up, so there its trigger has to go; the
    tests of the log put it back."""
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            connection.cursor().execute("DROP TRIGGER audit_entry_no_delete")


@pytest.fixture(scope="session")
def broker() -> Iterator[None]:
    with stack.broker():
        current_app.control.purge()
        yield


@pytest.fixture
def user(db: None) -> User:
    """Somebody who can pay."""
    user = User.objects.create_user("ada")
    credits.services.grant(user.pk, 1_000_000, reason="for tests")
    return user


@pytest.fixture
def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def build(user: User) -> Build:
    """Makes graphs from a few words: see tests.graphs_for_tests."""
    return Build(user)


@pytest.fixture
def no_messages() -> Iterator[Silent]:
    """Nothing is sent: what happens is what the test does."""
    before = hints.send()
    silent = Silent()
    hints.use(silent)
    yield silent
    hints.use(before)


@pytest.fixture(scope="session")
def worker_processes(broker: None, django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The workers of production: threads for io and engine, processes for cpu."""
    with (
        django_db_blocker.unblock(),
        stack.worker("io,engine", "-P", "threads", "-c", "16"),
        stack.worker("cpu", "-P", "prefork", "-c", "2"),
    ):
        yield


@pytest.fixture
def workers(worker_processes: None, transactional_db: None) -> Iterator[Callable[..., Any]]:
    """Real workers on this test's data; what is still on its way when the test ends is forgotten."""
    yield stack.eventually
    current_app.control.purge()
    cache.clear()
