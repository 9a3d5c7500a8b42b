"""Blocks that write to people and to other programs: e-mail, chats, webhooks."""

import base64
import email
import email.policy
import hashlib
import hmac
import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

import outbound
from blocks import registry
from blocks.sdk import APIKey, Context, UserPassword
from blocks.sdk.cases import call
from tests.outbound.servers import Answer, serving

KEY = UserPassword(username="me@example.org", password="right")
MAIL = {"to_email": "you@example.org, they@example.org", "subject": "Grüße", "body": "Hello\n.\nGoodbye"}


def run(name: str, data: dict[str, Any], credentials: Any = None) -> list[tuple[str, Any]]:
    spec = next(spec for spec in registry.all_specs() if spec.name == f"{name}Block")
    given = {} if credentials is None else {"credentials": credentials}
    emitted = call(spec, data, Context(idempotency_key="run-1"), given)
    assert [spec.output_problem(pin, value) for pin, value in emitted] == [None] * len(emitted)
    return emitted


class Letterbox:
    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.letters.append(envelope)
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("nobody"):
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return folder


@contextmanager
def mail_server(certificate: Path, box: Letterbox) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")

    def known(_server: SMTP, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
        right = (login.login, login.password) == (b"me@example.org", b"right")
        return AuthResult(success=right, handled=right)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options: dict[str, Any] = {
        "tls_context": context,
        "require_starttls": True,
        "authenticator": known,
        "auth_required": True,
    }
    controller = Controller(box, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        with outbound.allowing(f"localhost:{port}"):
            yield port
    finally:
        controller.stop()


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))


def config(port: int, security: str = "starttls") -> dict[str, Any]:
    return {"smtp_server": "localhost", "smtp_port": port, "security": security}


def test_an_email_is_sent_once_over_tls(certificate: Path, trusted: None) -> None:
    box = Letterbox()
    with mail_server(certificate, box) as port:
        assert run("SendEmail", MAIL | {"config": config(port)}, KEY) == [("status", "Email sent successfully")]
    (letter,) = box.letters
    assert letter.rcpt_tos == ["you@example.org", "they@example.org"]
    message = email.message_from_bytes(letter.content, policy=email.policy.default)
    assert (message["Subject"], message["From"]) == ("Grüße", "me@example.org")
    assert message.get_content().split() == ["Hello", ".", "Goodbye"]


@pytest.mark.parametrize(
    ("change", "password", "problem"),
    [
        ({}, "wrong", "does not take this name and password"),
        ({"to_email": "nobody@example.org"}, "right", "takes no mail for this address"),
    ],
)
def test_a_refusal_is_told(certificate: Path, trusted: None, change: Any, password: str, problem: str) -> None:
    key = UserPassword(username="me@example.org", password=password)
    box = Letterbox()
    with mail_server(certificate, box) as port, pytest.raises(ValueError, match=problem) as failure:
        run("SendEmail", MAIL | change | {"config": config(port)}, key)
    assert box.letters == []
    assert password not in str(failure.value)


def test_a_server_that_nobody_vouches_for_gets_no_password(certificate: Path) -> None:
    box = Letterbox()
    with mail_server(certificate, box) as port, pytest.raises(ValueError, match="CERTIFICATE_VERIFY_FAILED"):
        run("SendEmail", MAIL | {"config": config(port)}, KEY)


def test_a_server_inside_the_network_has_to_be_allowed() -> None:
    with pytest.raises(ValueError, match="PETIOLE_OUTBOUND_ALLOW"):
        run("SendEmail", MAIL | {"config": {"smtp_server": "localhost", "smtp_port": 25}}, KEY)


@pytest.mark.parametrize(
    ("service", "sent"),
    [
        ("slack", {"text": "hi @all", "username": "Bot"}),
        ("discord", {"content": "hi @all", "allowed_mentions": {"parse": []}, "username": "Bot"}),
    ],
)
def test_a_chat_gets_the_message(service: str, sent: dict[str, Any]) -> None:
    with serving(lambda _asked: Answer(204)) as server, outbound.allowing(f"127.0.0.1:{server.port}"):
        data = {"service": service, "webhook_url": f"{server.url}/T0/secret", "text": "hi @all", "sender": "Bot"}
        assert run("PostToChat", data) == [("status", "sent")]
    assert json.loads(server.asked[0].body) == sent


def test_teams_gets_a_card() -> None:
    with serving(lambda _asked: Answer(202)) as server, outbound.allowing(f"127.0.0.1:{server.port}"):
        run("PostToChat", {"service": "teams", "webhook_url": server.url, "text": "hi"})
    (part,) = json.loads(server.asked[0].body)["attachments"]
    assert part["content"]["body"][0]["text"] == "hi"


def test_a_chat_that_refuses_fails_the_node_without_telling_the_address() -> None:
    with serving(lambda _asked: Answer(403, body=b"invalid_token")) as server:
        data = {"service": "slack", "webhook_url": f"{server.url}/T0/secret", "text": "hi"}
        with outbound.allowing("127.0.0.1"), pytest.raises(ValueError, match="403 invalid_token") as failure:
            run("PostToChat", data)
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize("secret", ["plain", "whsec_" + base64.b64encode(b"key").decode()])
def test_a_webhook_is_signed_and_named(secret: str) -> None:
    answer = Answer(200, {"content-type": "application/json"}, b'{"ok": true}')
    with serving(lambda _asked: answer) as server, outbound.allowing(f"127.0.0.1:{server.port}"):
        emitted = run("SendWebhook", {"url": server.url, "payload": {"a": "ü"}}, APIKey(api_key=secret))
    assert emitted == [("response", {"ok": True}), ("status_code", 200)]
    (asked,) = server.asked
    assert (asked.body, asked.headers["webhook-id"]) == ('{"a":"ü"}'.encode(), "run-1")
    key = b"key" if secret.startswith("whsec_") else b"plain"
    signed = f"run-1.{asked.headers['webhook-timestamp']}.".encode() + asked.body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert asked.headers["webhook-signature"] == f"v1,{expected}"


def test_a_webhook_that_refuses_fails_the_node() -> None:
    with (
        serving(lambda _asked: Answer(410, body=b"gone")) as server,
        outbound.allowing("127.0.0.1"),
        pytest.raises(ValueError, match="answered 410: gone"),
    ):
        run("SendWebhook", {"url": server.url, "payload": 1})
    assert "webhook-signature" not in server.asked[0].headers
