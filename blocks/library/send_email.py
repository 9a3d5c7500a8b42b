"""Sends an e-mail through a mail server of the user's."""

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

SECONDS = 30
_KEY = {"credentials": UserPassword(username="me@example.org", password="secret")}
_MAIL = {"to_email": "you@example.org", "subject": "s", "body": "b"}
_HERE = {"smtp_server": "127.0.0.1", "smtp_port": 25}


class MailServer(BaseModel):
    smtp_server: str = Part("smtp.example.com", description="The server's name.")
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
    )

    class Input(BlockInput):
        to_email: str = Field(description="Who gets it; several addresses are separated by commas.")
        subject: str = Field(description="The subject.")
        body: str = Field(description="The text.")
        config: MailServer = Field(description="The mail server.")
        credentials: CredentialsReference = Credentials(
            providers=["smtp"], types=["user_password"], description="Name and password at the mail server."
        )

    class Output(BlockOutput):
        status: str = Field(description="That it was sent.")

    async def run(self, data: Input, context: Context, *, credentials: UserPassword) -> AsyncEmissions:
        message = message_of(data.to_email, data.subject, data.body)
        message["From"] = credentials.username
        await asyncio.to_thread(_send, message, data.config, credentials)
        yield "status", "Email sent successfully"


def message_of(to: str, subject: str, body: str) -> EmailMessage:
    """The message without a sender. No field may bring in another one."""
    for name, text in (("the address", to), ("the subject", subject)):
        if any(mark in text for mark in "\r\n\0"):
            raise ValueError(f"{name} contains a line break")
    addresses = [address.strip() for address in to.split(",") if address.strip()]
    if not addresses or not all("@" in address[1:-1] for address in addresses):
        raise ValueError(f"{to[:100]!r} is no e-mail address")
    message = EmailMessage()
    message["To"] = ", ".join(addresses)
    message["Subject"] = subject
    message.set_content(body)
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


def _send(message: EmailMessage, server: MailServer, credentials: UserPassword) -> None:
    import outbound

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
