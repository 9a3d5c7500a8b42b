"""Sends an e-mail through a mail server of the user's, or through the installation's where it allows that."""

import asyncio
import smtplib
import socket
import ssl
from email.message import EmailMessage
from typing import Literal

from pydantic import BaseModel
from pydantic import Field as Part

from blocks.sdk import (
    AsyncEmissions,
    Block,
    BlockInput,
    BlockOutput,
    Case,
    Category,
    Context,
    Credentials,
    CredentialsReference,
    Effect,
    Field,
    UserPassword,
    Workload,
)
from blocks.services import Letter, Mailer, mailer

SECONDS = 30
_KEY = {"credentials": UserPassword(username="me@example.org", password="secret")}
_MAIL = {"to_email": "you@example.org", "subject": "s", "body": "b"}
_HERE = {"smtp_server": "127.0.0.1", "smtp_port": 25}
_BREAKS = "\r\n\0"
_NO_SERVER = "smtp.example.com"


class MailServer(BaseModel):
    smtp_server: str = Part(_NO_SERVER, description="The server's name.")
    smtp_port: int = Part(587, ge=1, le=65535, description="Its port.")
    security: Literal["starttls", "ssl", "none"] = Part("starttls", description="How the connection is secured.")


class SendEmailBlock(Block):
    """Sends a plain-text e-mail through a mail server."""

    id = "4335878a-394e-4e67-adf2-919877ff49ae"
    categories = (Category.OUTPUT,)
    workload = Workload.IO
    effect = Effect.AT_MOST_ONCE
    cases = (
        Case(_MAIL | {"config": _HERE}, raises="no public address", credentials=_KEY),
        Case(_MAIL | {"config": _HERE, "subject": "a\nBcc: x@y"}, raises="line break", credentials=_KEY),
        Case(_MAIL | {"config": _HERE, "to_email": "nobody"}, raises="no e-mail address", credentials=_KEY),
        Case(_MAIL | {"config": _HERE}, raises="credentials: a name and password at 127.0.0.1 are needed"),
    )

    class Input(BlockInput):
        to_email: str = Field(description="Who gets it; several addresses are separated by commas.")
        subject: str = Field(description="The subject.")
        body: str = Field(description="The text.")
        config: MailServer = Field(description="The mail server.")
        # what a graph has to bring is known before it runs, so it says what holds in this installation
        credentials: CredentialsReference | None = Credentials(
            providers=["smtp"],
            types=["user_password"],
            optional=mailer() is not None,
            description="Name and password at the mail server.",
        )

    class Output(BlockOutput):
        status: str = Field(description="That it was sent.")

    async def run(self, data: Input, context: Context, *, credentials: UserPassword | None) -> AsyncEmissions:
        letter = Letter(addresses_of(data.to_email), data.subject, data.body, context.idempotency_key)
        if any(mark in letter.subject for mark in _BREAKS):
            raise ValueError("subject: it contains a line break, which no subject may")
        if credentials is None:
            await asyncio.to_thread(_of_the_installation(data.config), letter)
        else:
            await asyncio.to_thread(_send, letter, data.config, credentials)
        yield "status", "Email sent successfully"


def addresses_of(to: str) -> tuple[str, ...]:
    """Raises ValueError. No address may bring in another header."""
    if any(mark in to for mark in _BREAKS):
        raise ValueError("to_email: it contains a line break; separate addresses by commas")
    addresses = tuple(address.strip() for address in to.split(",") if address.strip())
    if not addresses or not all("@" in address[1:-1] for address in addresses):
        raise ValueError(f"to_email: {to[:100]!r} is no e-mail address")
    return addresses


def _of_the_installation(server: MailServer) -> Mailer:
    """How mail goes out that no credential pays for. A server that the node names is meant: it is not passed over."""
    if server.smtp_server != _NO_SERVER:
        remedy = " or leave config empty ({}) to send through this installation" if mailer() else ""
        raise ValueError(
            f"credentials: a name and password at {server.smtp_server} are needed; choose a credential{remedy}"
        )
    found = mailer()
    if found is None:
        raise ValueError(
            "credentials: this installation sends no e-mail for blocks; name a server in config and choose a credential"
        )
    return found


def _message(letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(letter.to)
    message["Subject"] = letter.subject
    message.set_content(letter.body)
    return message


class _Pinned(smtplib.SMTP):
    """Connects to an address that was checked, and means the server's name."""

    address = ""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection((self.address, port), timeout)


class _PinnedTLS(_Pinned):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _send(letter: Letter, server: MailServer, credentials: UserPassword) -> None:
    import outbound

    message = _message(letter, credentials.username)
    address = outbound.vetted(server.smtp_server, server.smtp_port, SECONDS)[0]
    kind = type("Connection", (_PinnedTLS if server.security == "ssl" else _Pinned,), {"address": address})
    try:
        with kind(server.smtp_server, server.smtp_port, timeout=SECONDS) as connection:
            if server.security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            connection.login(credentials.username, credentials.password.get_secret_value())
            connection.send_message(message)
    except smtplib.SMTPAuthenticationError:
        raise ValueError(f"{server.smtp_server} does not take this name and password") from None
    except smtplib.SMTPRecipientsRefused:
        raise ValueError(f"{server.smtp_server} takes no mail for this address") from None
    except (smtplib.SMTPException, OSError) as wrong:
        raise ValueError(
            f"{server.smtp_server} did not take the e-mail: {str(wrong) or type(wrong).__name__}"
        ) from None
