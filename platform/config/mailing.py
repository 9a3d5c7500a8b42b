"""E-mail that blocks send in the name of this installation, where PETIOLE_BLOCK_MAIL allows it."""

import logging
import smtplib
from email.utils import parseaddr

from django.conf import settings

from blocks.services import Letter

log = logging.getLogger(__name__)


def send(letter: Letter) -> None:
    """By Django's mail backend, as notifications go. ValueError names the input that is at fault, or says that it is
    the server: what that one answers to a login is for the operator's eyes, so it stands in the log alone."""
    from django.core.mail import EmailMessage  # most processes send nothing

    _within_limits(letter)
    headers = {"Auto-Submitted": "auto-generated"}
    if letter.key:
        headers["Message-ID"] = f"<{letter.key}@{_domain()}>"
    body = letter.body.encode(errors="replace").decode()  # what a run passes on may hold half a character
    try:
        EmailMessage(subject=letter.subject, body=body, to=list(letter.to), headers=headers).send()
    except smtplib.SMTPRecipientsRefused as wrong:
        told = "; ".join(f"{to}: {code} {why.decode(errors='replace')}" for to, (code, why) in wrong.recipients.items())
        raise ValueError(f"to_email: this installation's mail server takes no mail for {told}") from None
    except (smtplib.SMTPException, OSError) as wrong:
        log.warning("the mail server did not take an e-mail of a block: %s: %s", type(wrong).__name__, wrong)
        raise ValueError(
            f"this installation's mail server did not take the e-mail ({type(wrong).__name__}); "
            "its operator finds the reason in the log of the worker"
        ) from None
    except ValueError as wrong:  # an address that Django does not write into a header
        raise ValueError(f"to_email: {wrong}") from None


def _within_limits(letter: Letter) -> None:
    most, largest = settings.BLOCK_MAIL_RECIPIENTS, settings.BLOCK_MAIL_BYTES
    if len(letter.to) > most:
        raise ValueError(
            f"to_email: {len(letter.to)} addresses, and at most {most} are allowed (PETIOLE_BLOCK_MAIL_RECIPIENTS)"
        )
    size = len(letter.subject.encode(errors="replace")) + len(letter.body.encode(errors="replace"))
    if size > largest:
        raise ValueError(
            f"body: with the subject it has {size} bytes, and at most {largest} are allowed (PETIOLE_BLOCK_MAIL_BYTES)"
        )


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "petiole"
