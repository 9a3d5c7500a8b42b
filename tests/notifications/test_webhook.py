"""Programs hear of events by a signed request."""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from notifications import services
from notifications.channels.webhook import signature
from notifications.delivering import deliver
from notifications.models import Delivery
from tests.local_http import LocalServer, told
from tests.notifications.mailbox import make_due, states

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_webhook_is_signed_and_names_the_message(receiver: LocalServer, ada: User) -> None:
    services.record(ada.pk, "ZERO_BALANCE", {"shortfall": 5})
    deliver()
    [asked] = receiver.asked
    [delivery] = Delivery.objects.all()
    assert asked.headers["idempotency-key"] == str(delivery.pk)
    at = int(asked.headers["petiole-signature"].partition(",")[0].removeprefix("t="))
    assert asked.headers["petiole-signature"] == signature(ada.webhook.secret, asked.body, at)
    content = told(asked)
    assert (content["type"], content["user_id"]) == ("ZERO_BALANCE", str(ada.pk))
    assert [event["data"] for event in content["events"]] == [{"shortfall": 5}]


def test_a_webhook_that_fails_is_tried_again_with_the_same_key_and_one_that_is_gone_is_not(
    receiver: LocalServer, ada: User
) -> None:
    services.record(ada.pk, "LOW_BALANCE", {})
    statuses = iter((500, 404, 410))
    receiver.answers = lambda asked: (next(statuses), {})
    for _ in range(3):
        deliver()
        make_due()
    assert len({asked.headers["idempotency-key"] for asked in receiver.asked}) == 1
    assert len(receiver.asked) == 3
    assert states() == ["given_up"]


def test_a_receiver_that_fails_keeps_no_messages_of_others_waiting(receiver: LocalServer, ada: User) -> None:
    """One that never answers would take fifteen seconds for each of its messages, and all others come behind it."""
    for number in range(3):
        services.record(ada.pk, "LOW_BALANCE", {"number": number})
    receiver.answers = lambda asked: (500, {})
    deliver()
    assert len(receiver.asked) == 1
    assert not Delivery.objects.filter(due_at__lte=timezone.now()).exists()
    receiver.answers = lambda asked: (200, {})
    make_due()
    deliver()
    assert states() == ["sent"] * 3


def test_a_webhook_into_the_network_of_the_installation_is_refused(ada: User) -> None:
    services.set_webhook(user_id=ada.pk, url="http://127.0.0.1:1/hook")
    services.record(ada.pk, "LOW_BALANCE", {})
    deliver()
    assert states() == ["given_up"]
    assert "127.0.0.1" in Delivery.objects.get().error


def test_the_webhook_is_named_shown_and_removed_and_its_secret_seen_once(ada: User) -> None:
    api = APIClient()
    api.force_authenticate(ada)
    made = api.put("/v1/notifications/webhook", {"url": "https://example.org/hook"}).json()
    assert len(made["secret"]) > 30
    assert api.get("/v1/notifications/webhook").json() == {"url": "https://example.org/hook"}
    assert api.put("/v1/notifications/webhook", {"url": "ftp://example.org"}).status_code == 400
    assert api.delete("/v1/notifications/webhook").status_code == 204
    assert api.get("/v1/notifications/webhook").json() == {"url": None}
