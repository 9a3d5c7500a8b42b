"""SendEmail without a credential: through the mail server of the installation, where its operator allows it."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from pytest_django import Settings

from accounts.models import User
from blocks import registry, services
from blocks.library.send_email import SendEmailBlock
from blocks.sdk import Context
from blocks.sdk.cases import call
from config import checks, mailing
from tests import stack
from tests.executions.commands import ended
from tests.notifications.mailbox import Inbox, serving_mail

MAIL = {"to_email": "you@example.org, They <they@example.org>", "subject": "Grüße", "body": "Hello\n.\n", "config": {}}
SENDER = "Petiole <petiole@petiole.example>"


@pytest.fixture
def port(settings: Settings) -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        number = int(taken.getsockname()[1])
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", number, 5
    settings.DEFAULT_FROM_EMAIL = SENDER
    return number


@pytest.fixture
def inbox(port: int) -> Iterator[Inbox]:
    with serving_mail(port) as box:
        yield box


@pytest.fixture
def allowed(settings: Settings) -> Iterator[None]:
    services.configure(settings.SERVICE_URLS, settings.MODEL_KEYS, mailer=mailing.send)
    yield
    services.configure(settings.SERVICE_URLS, settings.MODEL_KEYS)


def send(**changes: Any) -> list[Any]:
    spec = registry.get(SendEmailBlock.id)
    assert spec is not None
    return call(spec, MAIL | changes, Context(idempotency_key="0199-1"), {})


@pytest.mark.usefixtures("allowed")
def test_an_email_has_the_sender_of_the_installation_and_names_the_call_that_sent_it(inbox: Inbox) -> None:
    assert send() == [("status", "Email sent successfully")]
    [mail] = inbox.mails
    assert (mail["From"], mail["To"]) == (SENDER, "you@example.org, They <they@example.org>")
    assert (mail["Subject"], mail["Message-ID"]) == ("Grüße", "<0199-1@petiole.example>")
    assert (mail["Auto-Submitted"], mail.get_content().split()) == ("auto-generated", ["Hello", "."])


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"to_email": "a@example.org,b@example.org,c@example.org"}, "to_email: 3 addresses.*_BLOCK_MAIL_RECIPIENTS"),
        ({"to_email": "a@example.org b@example.org"}, "to_email: Invalid address"),
        ({"to_email": "a@example.org\nBcc: b@example.org"}, "to_email: it contains a line break"),
        ({"subject": "s\nBcc: b@example.org"}, "subject: it contains a line break"),
        ({"body": "ü" * 1024}, "body: with the subject it has 2055 bytes.*PETIOLE_BLOCK_MAIL_BYTES"),
        ({"config": {"smtp_server": "smtp.example.org"}}, "credentials: a name and password at smtp.example.org"),
    ],
)
def test_limits_and_what_is_meant_for_another_server_are_refused_before_anything_is_sent(
    inbox: Inbox, settings: Settings, changes: Any, problem: str
) -> None:
    settings.BLOCK_MAIL_RECIPIENTS, settings.BLOCK_MAIL_BYTES = 2, 2048
    with pytest.raises(ValueError, match=problem):
        send(**changes)
    assert inbox.mails == []


@pytest.mark.usefixtures("allowed")
def test_an_address_that_the_server_refuses_is_told_with_its_reason(inbox: Inbox) -> None:
    inbox.answer = "550 no such person"
    with pytest.raises(ValueError, match=r"to_email: .* takes no mail for you@example.org: 550 no such person"):
        send()


@pytest.mark.usefixtures("allowed", "port")
def test_why_the_server_is_not_reached_is_told_to_the_operator_alone(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match=r"did not take the e-mail .*its operator finds the reason") as failure:
        send()
    assert "refused" not in str(failure.value)
    assert "Connection refused" in caplog.text


def test_an_installation_that_does_not_allow_it_asks_for_a_credential() -> None:
    with pytest.raises(ValueError, match="credentials: this installation sends no e-mail for blocks"):
        send()
    spec = registry.get(SendEmailBlock.id)
    assert spec is not None
    assert spec.credentials["credentials"].required


def test_it_cannot_be_allowed_without_a_mail_server(settings: Settings) -> None:
    settings.BLOCK_MAIL, settings.SENDS_MAIL = True, False
    assert [message.id for message in checks.settings_fit_together()] == ["config.E006"]


@pytest.mark.worker
def test_a_graph_on_real_workers_sends_without_a_credential(
    broker: None, transactional_db: None, user: User, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where it is not allowed, the graph is refused before it runs."""
    file = tmp_path / "mail.json"
    node = {"id": "mail", "block_id": SendEmailBlock.id, "input_default": MAIL}
    file.write_text(json.dumps({"name": "Mail", "description": "", "nodes": [node], "links": []}))
    status, _, told = ended("run_graph", str(file), "--owner", user.username)
    assert (status, "These credentials are required" in told) == (2, True), told
    monkeypatch.setenv("PETIOLE_MAIL_URL", f"smtp://127.0.0.1:{port}")
    monkeypatch.setenv("PETIOLE_MAIL_FROM", SENDER)
    monkeypatch.setenv("PETIOLE_BLOCK_MAIL", "true")
    with serving_mail(port) as box, stack.worker("io,cpu,engine", "-P", "threads", "-c", "4"):
        status, out, told = ended("run_graph", str(file), "--owner", user.username)
    current_app.control.purge()
    assert (status, [mail["From"] for mail in box.mails]) == (0, [SENDER]), out + told
