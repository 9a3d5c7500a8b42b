"""E-mail by Django's backend: text and HTML, an id that stays the same, and a way out with one click (RFC 8058)."""

import smtplib
from email.utils import parseaddr
from typing import Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from notifications import unsubscribing
from notifications.channels import Failed, Refused
from notifications.messages import Message

_PERMANENT: Final = 500


def send(message: Message) -> None:
    address = unsubscribing.address_of(message.user_id, message.kind)
    context = {"message": message, "unsubscribe": address, "site": settings.SITE_URL}
    mail = EmailMultiAlternatives(
        subject=" ".join(_sendable(message.subject).split())[:200],
        body=_sendable(render_to_string("notifications/message.txt", context)),
        to=[message.email],
        headers={
            "Message-ID": f"<{message.id}@{_domain()}>",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{address}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    mail.attach_alternative(_sendable(render_to_string("notifications/message.html", context)), "text/html")
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as wrong:
        code, answer = next(iter(wrong.recipients.values()))
        raise (Refused if code >= _PERMANENT else Failed)(f"{code} {answer.decode(errors='replace')}") from None
    except (smtplib.SMTPException, OSError) as wrong:
        raise Failed(f"{type(wrong).__name__}: {wrong}") from None
    except ValueError as wrong:  # an address that Django does not write into a header
        raise Refused(str(wrong)) from None


def _sendable(text: str) -> str:
    """What a run has put out may hold half a character."""
    return text.encode(errors="replace").decode()


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "petiole"
