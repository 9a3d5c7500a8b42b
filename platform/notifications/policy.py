"""How a user hears of each kind of event: what he has said, else what is usual."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model

from notifications.models import Channel, Notice, Preference, Webhook
from notifications.timing import Timing

# What is not named here is told at once.
DEFAULTS: Final[Mapping[str, Timing]] = {Notice.Kind.AGENT_RUN: Timing.BATCHED}


@dataclass(frozen=True)
class Wish:
    """By which channels, which are also possible, and when."""

    timing: Timing
    mail: bool = True
    webhook: bool = True

    @property
    def channels(self) -> list[Channel]:
        if self.timing is Timing.OFF:
            return []
        wanted = {Channel.MAIL: self.mail, Channel.WEBHOOK: self.webhook}
        return [channel for channel, wished in wanted.items() if wished]


def default(kind: str) -> Wish:
    return Wish(DEFAULTS.get(kind, Timing.IMMEDIATE))


def wishes(user_id: UUID) -> dict[str, Wish]:
    """Kind → wish, for every kind."""
    said = {
        row.kind: Wish(Timing(row.timing), row.mail, row.webhook) for row in Preference.objects.filter(user_id=user_id)
    }
    return {kind: said.get(kind) or default(kind) for kind in Notice.Kind.values}


def reachable(user_id: UUID) -> set[Channel]:
    """The channels by which somebody can be reached at all."""
    user = get_user_model()._default_manager.filter(pk=user_id, is_active=True).first()
    if user is None:
        return set()
    found = {Channel.MAIL} if settings.SENDS_MAIL and _email_of(user) else set()
    return found | ({Channel.WEBHOOK} if Webhook.objects.filter(user_id=user_id).exists() else set())


def _email_of(user: Any) -> str:
    return str(user.email)
