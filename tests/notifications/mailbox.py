"""A mail server on this machine, and what has come."""

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import Message as Mail
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.utils import timezone

from notifications.models import Delivery


class Inbox:
    """A mail server. It takes what is sent to it, or refuses it with an answer."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.answer = "250 OK"

    async def handle_RCPT(  # noqa: N802  the library asks for this name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


class serving_mail:  # noqa: N801  reads as a verb
    def __init__(self, port: int) -> None:
        self.box = Inbox()
        self._controller = Controller(self.box, hostname="127.0.0.1", port=port)

    def __enter__(self) -> Inbox:
        self._controller.start()
        return self.box

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


def parts(mail: Mail) -> dict[str, str]:
    return {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}  # type: ignore[attr-defined]


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def make_due() -> None:
    Delivery.objects.filter(sent_at=None).update(due_at=timezone.now() - timedelta(seconds=1))
