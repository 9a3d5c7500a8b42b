"""Decides how recorded events are told: into which messages they go. Every event once; several planners do no harm."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from notifications import policy
from notifications.models import Channel, Delivery, DeliveryItem, Notice
from notifications.policy import Wish
from notifications.timing import Timing, due

GROUPS: Final = 200
NOTICES: Final = 500


def plan() -> int:
    """The number of events that were planned."""
    oldest = Notice.objects.filter(planned_at=None).order_by("created_at")
    groups = dict.fromkeys(oldest.values_list("user_id", "kind")[: GROUPS * 10])
    return sum(_plan(user_id, kind) for user_id, kind in list(groups)[:GROUPS])


@transaction.atomic
def _plan(user_id: UUID, kind: str) -> int:
    """Whoever comes second waits for the rows, and finds that they are planned."""
    fresh = Notice.objects.filter(user_id=user_id, kind=kind, planned_at=None).order_by("created_at", "pk")
    notices = list(fresh.select_for_update()[:NOTICES])
    if notices:
        wish = policy.wishes(user_id)[kind]
        for channel in wish.channels:
            if channel in policy.reachable(user_id):
                _put_into_messages(notices, wish, channel)
        Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(planned_at=timezone.now())
    return len(notices)


def _put_into_messages(notices: list[Notice], wish: Wish, channel: Channel) -> None:
    if wish.timing is Timing.IMMEDIATE:
        messages = [_message(notice, wish, channel, notice.created_at) for notice in notices]
        Delivery.objects.bulk_create(messages)
        _add(channel, zip(messages, notices, strict=True))
    else:
        message = _open_message(notices[0], wish, channel)
        _add(channel, ((message, notice) for notice in notices))


def _open_message(first: Notice, wish: Wish, channel: Channel) -> Delivery:
    """The one that waits for its time already; its sender waits for us while we hold it."""
    waiting = Delivery.objects.filter(
        user_id=first.user_id, kind=first.kind, channel=channel, state=Delivery.State.WAITING, attempts=0
    ).exclude(timing=Timing.IMMEDIATE)
    found = waiting.select_for_update().first()
    if found is None:
        zone = str(getattr(get_user_model()._default_manager.get(pk=first.user_id), "timezone", "UTC"))
        batch = timedelta(seconds=settings.NOTIFICATION_BATCH_SECONDS)
        found = _message(first, wish, channel, due(wish.timing, first.created_at, zone, batch))
        found.save(force_insert=True)
    return found


def _message(notice: Notice, wish: Wish, channel: Channel, due_at: datetime) -> Delivery:
    return Delivery(user_id=notice.user_id, kind=notice.kind, channel=channel, timing=wish.timing, due_at=due_at)


def _add(channel: Channel, pairs: Iterable[tuple[Delivery, Notice]]) -> None:
    rows = [DeliveryItem(delivery=message, notice=notice, channel=channel) for message, notice in pairs]
    DeliveryItem.objects.bulk_create(rows)
