"""Recording of what is worth telling a person, and what people say about how they want to be told."""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction

from audit import services as audit
from notifications import policy
from notifications.errors import WebhookRefused
from notifications.models import Notice, Preference, Webhook
from notifications.policy import Wish
from notifications.timing import Timing


def record(user_id: UUID, kind: str, data: dict[str, Any], key: str | None = None) -> None:
    """Keep an event for its user, in the transaction of what happened. A repeated key records nothing.

    How it is told is decided later, so that nobody waits for it here."""
    notice = Notice(user_id=user_id, kind=Notice.Kind(kind), data=data, key=key)
    Notice.objects.bulk_create([notice], ignore_conflicts=key is not None)


@transaction.atomic
def prefer(*, user_id: UUID, wishes: Mapping[str, Wish]) -> dict[str, Wish]:
    """What the user says about these kinds; the others stay. All wishes as they are then."""
    for kind, wish in wishes.items():
        said = {"timing": Timing(wish.timing), "mail": wish.mail, "webhook": wish.webhook}
        Preference.objects.update_or_create(user_id=user_id, kind=Notice.Kind(kind).value, defaults=said)
    return policy.wishes(user_id)


@transaction.atomic
def unsubscribe(*, user_id: UUID, kind: str) -> bool:
    """No more e-mails of this kind; False when there is no such user."""
    if not get_user_model()._default_manager.filter(pk=user_id).exists():
        return False
    wish = policy.wishes(user_id)[kind]
    prefer(user_id=user_id, wishes={kind: Wish(wish.timing, mail=False, webhook=wish.webhook)})
    return True


@transaction.atomic
def set_webhook(*, user_id: UUID, url: str) -> Webhook:
    """Where the user's programs hear of events from now on, with a new secret. Raises WebhookRefused.

    Whether the address can be reached from here is found out when something is sent: names change their meaning."""
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError as wrong:
        raise WebhookRefused(wrong.messages[0]) from None
    said = {"url": url, "secret": secrets.token_urlsafe(32)}
    webhook, _ = Webhook.objects.update_or_create(user_id=user_id, defaults=said)
    audit.record("webhook.set", subject=_place(url), subject_id=user_id)
    return webhook


def _place(url: str) -> str:
    """Scheme and host: everything else may be a secret, and the log keeps it for ever."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}"


@transaction.atomic
def remove_webhook(*, user_id: UUID) -> bool:
    removed, _ = Webhook.objects.filter(user_id=user_id).delete()
    if removed:
        audit.record("webhook.removed", subject_id=user_id)
    return bool(removed)
