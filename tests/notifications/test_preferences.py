"""Who hears of what, and how to hear no more of it."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from notifications import planning, services
from notifications.delivering import deliver
from notifications.models import Delivery, Notice
from notifications.policy import Wish
from notifications.timing import Timing
from tests.notifications.mailbox import Inbox, states

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_wants_nothing_or_cannot_be_reached_gets_nothing(inbox: Inbox, ada: User) -> None:
    bob = User.objects.create_user("bob")
    services.prefer(user_id=ada.pk, wishes={"LOW_BALANCE": Wish(Timing.OFF), "ZERO_BALANCE": Wish(Timing.IMMEDIATE)})
    for user in (ada, bob):
        services.record(user.pk, "LOW_BALANCE", {})
    services.record(ada.pk, "ZERO_BALANCE", {})
    planning.plan()
    services.unsubscribe(user_id=ada.pk, kind="ZERO_BALANCE")  # between the plan and the sending
    deliver()
    assert inbox.mails == []
    assert states() == ["dropped"]
    assert not Notice.objects.filter(planned_at=None).exists()


def test_a_message_names_a_way_out_that_mail_programs_can_take_by_themselves(
    inbox: Inbox, ada: User, client: Client
) -> None:
    services.record(ada.pk, "LOW_BALANCE", {})
    deliver()
    [mail] = inbox.mails
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = mail["List-Unsubscribe"].strip("<> \r\n").removeprefix("https://petiole.example")
    assert b"Stop them" in client.get(address).content
    services.record(ada.pk, "LOW_BALANCE", {})
    deliver()
    assert len(inbox.mails) == 2  # looking changes nothing
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    services.record(ada.pk, "LOW_BALANCE", {})
    deliver()
    assert len(inbox.mails) == 2
    assert client.post(address[:-3] + "abc/").status_code == 404


def test_preferences_are_read_and_changed_one_by_one(ada: User) -> None:
    api = APIClient()
    api.force_authenticate(ada)
    before = api.get("/v1/notifications/preferences").json()["preferences"]
    assert before["AGENT_RUN"] == {"timing": "batched", "mail": True, "webhook": True}
    assert set(before) == set(Notice.Kind.values)
    said = {"preferences": {"AGENT_RUN": {"mail": False}}}
    after = api.patch("/v1/notifications/preferences", said).json()["preferences"]
    assert after["AGENT_RUN"] == {"timing": "batched", "mail": False, "webhook": True}
    assert api.get("/v1/notifications/preferences").json()["preferences"] == after  # an opt-out is one when it is read
    refused: list[Any] = [{"GOSSIP": {}}, {"AGENT_RUN": {"timing": "sometimes"}}, {"AGENT_RUN": 1}, [1]]
    for wrong in refused:
        assert api.patch("/v1/notifications/preferences", {"preferences": wrong}).status_code == 422


def test_the_events_of_a_user_are_listed_for_him_alone(ada: User) -> None:
    bob = User.objects.create_user("bob")
    services.record(ada.pk, "LOW_BALANCE", {"current_balance": 3})
    api = APIClient()
    for user, wanted in ((ada, [{"current_balance": 3}]), (bob, [])):
        api.force_authenticate(user)
        assert [event["data"] for event in api.get("/v1/notifications").json()] == wanted


def test_pages_of_the_admin_show_what_became_of_messages(port: int, ada: User, admin_client: Client) -> None:
    services.record(ada.pk, "LOW_BALANCE", {"current_balance": 77})
    deliver()
    page = admin_client.get("/admin/notifications/delivery/").content.decode()
    assert "ConnectionRefusedError" in page
    one = Delivery.objects.get()
    assert "77" in admin_client.get(f"/admin/notifications/delivery/{one.pk}/change/").content.decode()
    said = {"user": ada.pk, "kind": "AGENT_RUN", "timing": "weekly", "mail": "on"}
    assert admin_client.post("/admin/notifications/preference/add/", said).status_code == 302
