import socket
from collections.abc import Iterator

import pytest
from pytest_django import Settings

import outbound
from accounts.models import User
from notifications import services
from tests.local_http import LocalServer, local_server
from tests.notifications.mailbox import Inbox, serving_mail


@pytest.fixture
def port(settings: Settings) -> int:
    """A port at which nobody listens yet; mail goes there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        number = int(taken.getsockname()[1])
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", number, 5
    settings.SENDS_MAIL, settings.SITE_URL = True, "https://petiole.example"
    settings.DEFAULT_FROM_EMAIL = "Petiole <petiole@petiole.example>"
    return number


@pytest.fixture
def inbox(port: int) -> Iterator[Inbox]:
    with serving_mail(port) as box:
        yield box


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", email="ada@example.org", timezone="Europe/Vienna")


@pytest.fixture
def receiver(ada: User) -> Iterator[LocalServer]:
    with local_server() as server, outbound.allowing("127.0.0.1"):
        services.set_webhook(user_id=ada.pk, url=f"{server.address}/hook")
        yield server
