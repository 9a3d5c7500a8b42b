"""Sends the messages that are due. Each is claimed for a while by compare-and-set; nothing is open while it is sent.

Who dies between the sending and its mark leaves the claim to run out: the message goes out again under the same id."""

import logging
import random
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from notifications import policy
from notifications.channels import Failed, Refused, mail, webhook
from notifications.messages import Message, message_of
from notifications.models import Channel, Delivery
from notifications.signals import attempted

log = logging.getLogger(__name__)

BATCH: Final = 100
CLAIM: Final = timedelta(minutes=2)  # longer than any channel takes
FIRST_PAUSE: Final = 30.0
SLOW_SECONDS: Final = 5.0
LONGEST_PAUSE: Final = 6 * 3600.0
TRIES: Final = 20  # three days and a half
LONGEST_ERROR: Final = 500
SENDERS: Final[Mapping[str, Callable[[Message], None]]] = {Channel.MAIL: mail.send, Channel.WEBHOOK: webhook.send}


def send_due() -> int:
    """The number of messages that were sent."""
    sent = 0
    for delivery_id in list(_due().order_by("due_at").values_list("pk", flat=True)[:BATCH]):
        try:
            sent += send(delivery_id)
        except Exception:
            log.exception("message %s could not be handled", delivery_id)
            connection.close()
    return sent


def send(delivery_id: UUID) -> bool:
    """True when the message was sent by this call."""
    now = timezone.now()
    if not _due().filter(pk=delivery_id).update(claimed_until=now + CLAIM, attempts=F("attempts") + 1):
        return False
    delivery = Delivery.objects.select_related("user").get(pk=delivery_id)
    wish = policy.wishes(delivery.user_id)[delivery.kind]
    if delivery.channel not in wish.channels or delivery.channel not in policy.reachable(delivery.user_id):
        _leave(delivery, Delivery.State.DROPPED, "It is not wanted any more.")
        return False
    message = message_of(delivery)
    if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
        connection.close()  # a channel may take its time
    began = time.monotonic()
    try:
        SENDERS[delivery.channel](message)
    except (Failed, Refused) as wrong:
        _not_sent(delivery, wrong)
        return False
    finally:
        if time.monotonic() - began > SLOW_SECONDS:
            _leave_alone(delivery)
    mark = partial(Delivery.objects.filter(pk=delivery.pk, sent_at=None).update, error="", sent_at=timezone.now())
    if mark(state=Delivery.State.SENT, claimed_until=None):
        attempted.send(Delivery, channel=delivery.channel, outcome="sent")
    return True


def _due() -> QuerySet[Delivery]:
    """Nobody is at it: a claim far ahead was made before the clock was set back."""
    now = timezone.now()
    free = Q(claimed_until=None) | Q(claimed_until__lt=now) | Q(claimed_until__gt=now + 2 * CLAIM)
    return Delivery.objects.filter(free, state__in=[Delivery.State.WAITING, Delivery.State.RETRYING], due_at__lte=now)


def _not_sent(delivery: Delivery, wrong: Failed | Refused) -> None:
    if isinstance(wrong, Refused) or delivery.attempts >= TRIES:
        log.warning("message %s is given up: %s", delivery.pk, wrong)
        _leave(delivery, Delivery.State.GIVEN_UP, str(wrong))
        return
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (delivery.attempts - 1)) * random.uniform(0.8, 1.2)
    again = timezone.now() + timedelta(seconds=pause)
    log.info("message %s is tried again in %.0f s: %s", delivery.pk, pause, wrong)
    _leave(delivery, Delivery.State.RETRYING, str(wrong), due_at=again)
    _leave_alone(delivery)


def _leave_alone(delivery: Delivery) -> None:
    """A receiver that fails or is slow is asked for nothing else for a moment: others wait behind it."""
    others = _due().filter(user_id=delivery.user_id, channel=delivery.channel)
    others.update(due_at=timezone.now() + timedelta(seconds=FIRST_PAUSE))


def _leave(delivery: Delivery, state: str, error: str, **changes: object) -> None:
    """Unless the claim has run out and somebody else has taken it."""
    mine = Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, sent_at=None)
    if mine.update(state=state, error=error[:LONGEST_ERROR], claimed_until=None, **changes):
        outcome = "failed" if state == Delivery.State.RETRYING else str(state)
        attempted.send(Delivery, channel=delivery.channel, outcome=outcome)
