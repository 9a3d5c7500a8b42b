"""Messages reach people and programs: once where nothing dies, at least once otherwise, and none is lost."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from prometheus_client import REGISTRY

from accounts.models import User
from notifications import planning, sending, services
from notifications.delivering import deliver
from notifications.models import Channel, Delivery, DeliveryItem, Notice
from notifications.policy import Wish
from notifications.timing import Timing, due
from tests.notifications.mailbox import Inbox, make_due, parts, serving_mail, states

pytestmark = pytest.mark.django_db(transaction=True)
RUN = {"agent_name": "Report", "status": "COMPLETED", "credits_used": 3, "node_count": 2, "summary": "Completed."}


def test_an_event_that_cannot_wait_is_mailed_at_once_in_text_and_html(inbox: Inbox, ada: User) -> None:
    services.record(ada.pk, "ZERO_BALANCE", {"agent_name": "<b>Report</b>", "shortfall": 642})
    deliver()
    deliver()
    [mail] = inbox.mails
    assert (mail["To"], mail["Subject"]) == ("ada@example.org", "No credits are left")
    assert "shortfall: 642" in parts(mail)["text/plain"]
    assert "<b>Report</b>" in parts(mail)["text/plain"]
    assert "&lt;b&gt;Report&lt;/b&gt;" in parts(mail)["text/html"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert states() == ["sent"]


def test_ends_of_runs_are_told_together_when_they_are_due_and_not_when_the_next_one_comes(
    inbox: Inbox, ada: User
) -> None:
    for number in range(3):
        services.record(ada.pk, "AGENT_RUN", RUN, key=f"run-{number}")
        services.record(ada.pk, "AGENT_RUN", RUN, key=f"run-{number}")
        deliver()
    assert inbox.mails == []
    [waiting] = Delivery.objects.all()
    assert waiting.due_at - Notice.objects.earliest("created_at").created_at == timedelta(days=1)
    make_due()
    deliver()
    [mail] = inbox.mails
    assert mail["Subject"] == "3 runs"
    assert "credits_used: 9" in parts(mail)["text/plain"]
    services.record(ada.pk, "AGENT_RUN", RUN, key="run-9")
    deliver()
    assert states() == ["sent", "waiting"]


@pytest.mark.parametrize(
    ("timing", "happened", "wanted"),
    [
        (Timing.IMMEDIATE, "2026-03-04T12:00", "2026-03-04T12:00"),
        (Timing.DAILY, "2026-03-04T12:00", "2026-03-05T07:00"),
        (Timing.DAILY, "2026-03-04T05:00", "2026-03-04T07:00"),
        (Timing.WEEKLY, "2026-03-04T12:00", "2026-03-09T07:00"),
        (Timing.WEEKLY, "2026-03-09T06:59", "2026-03-09T07:00"),
        (Timing.WEEKLY, "2026-03-09T07:00", "2026-03-16T07:00"),
        (Timing.DAILY, "2026-03-28T12:00", "2026-03-29T06:00"),  # summer time begins that night
        (Timing.WEEKLY, "2026-10-24T12:00", "2026-10-26T07:00"),  # and ends in that one
    ],
)
def test_a_summary_comes_in_the_morning_of_the_users_zone(timing: Timing, happened: str, wanted: str) -> None:
    at = datetime.fromisoformat(f"{happened}+00:00")
    assert due(timing, at, "Europe/Vienna", timedelta(days=1)) == datetime.fromisoformat(f"{wanted}+00:00")


def test_a_summary_counts_what_went_well_and_lists_what_did_not(inbox: Inbox, ada: User) -> None:
    services.prefer(user_id=ada.pk, wishes={"AGENT_RUN": Wish(Timing.WEEKLY)})
    for status in ("COMPLETED", "COMPLETED", "FAILED"):
        services.record(ada.pk, "AGENT_RUN", RUN | {"status": status, "summary": f"It {status}."})
    deliver()
    make_due()
    deliver()
    [mail] = inbox.mails
    text = parts(mail)["text/plain"]
    assert mail["Subject"] == "Your week: 3 runs"
    assert "completed: 2" in text
    assert "failed: 1" in text
    assert "It FAILED." in text
    assert "It COMPLETED." not in text


def test_nothing_is_lost_while_the_mail_server_is_down(port: int, ada: User) -> None:
    services.record(ada.pk, "LOW_BALANCE", {"current_balance": 490})
    deliver()
    [delivery] = Delivery.objects.all()
    assert (delivery.state, delivery.attempts) == ("retrying", 1)
    assert "ConnectionRefusedError" in delivery.error
    assert 20 < (delivery.due_at - timezone.now()).total_seconds() < 40
    with serving_mail(port) as inbox:
        deliver()
        assert inbox.mails == []
        make_due()
        deliver()
        assert len(inbox.mails) == 1
    assert states() == ["sent"]


def test_a_refusal_that_is_final_is_given_up_and_one_that_is_not_is_tried_again(inbox: Inbox, ada: User) -> None:
    inbox.answer = "450 try later"
    services.record(ada.pk, "LOW_BALANCE", {})
    deliver()
    assert states() == ["retrying"]
    inbox.answer = "550 no such user"
    make_due()
    deliver()
    assert states() == ["given_up"]
    assert Delivery.objects.get().error == "550 no such user"


def test_a_message_is_given_up_after_days_of_trying(port: int, ada: User) -> None:
    services.record(ada.pk, "LOW_BALANCE", {})
    planning.plan()
    Delivery.objects.update(attempts=sending.TRIES - 1)
    deliver()
    assert states() == ["given_up"]


def test_several_that_plan_and_send_at_once_send_each_message_once(inbox: Inbox, ada: User) -> None:
    for number in range(10):
        services.record(ada.pk, "LOW_BALANCE" if number % 2 else "ZERO_BALANCE", {"n": number})
    begin = threading.Barrier(4)

    def work() -> None:
        begin.wait()
        try:
            deliver()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deliver()
    assert len(inbox.mails) == 10
    assert len({mail["Message-ID"] for mail in inbox.mails}) == 10
    assert DeliveryItem.objects.count() == 10


def test_a_sender_that_dies_after_the_server_took_it_leaves_the_message_to_another_under_the_same_id(
    inbox: Inbox, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.record(ada.pk, "LOW_BALANCE", {})
    planning.plan()
    [delivery] = Delivery.objects.all()
    send = sending.SENDERS[Channel.MAIL]

    class Killed(BaseException):
        pass

    def killed(message: Any) -> None:
        send(message)
        raise Killed

    monkeypatch.setitem(sending.SENDERS, Channel.MAIL, killed)
    with pytest.raises(Killed):
        sending.send(delivery.pk)
    monkeypatch.undo()
    assert sending.send_due() == 0  # somebody may be at it still
    Delivery.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert sending.send_due() == 1
    first, second = inbox.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_a_message_that_cannot_be_made_holds_up_no_other(inbox: Inbox, ada: User) -> None:
    services.record(ada.pk, "LOW_BALANCE", {"a": "line\r\nBcc: all@example.org"})
    services.record(ada.pk, "AGENT_RUN", RUN | {"agent_name": "x\r\nBcc: all@example.org\x00\ud800"})
    services.prefer(user_id=ada.pk, wishes={"AGENT_RUN": Wish(Timing.IMMEDIATE)})
    deliver()
    assert [mail["Bcc"] for mail in inbox.mails] == [None] * len(inbox.mails)
    assert len(inbox.mails) == 2


def test_what_became_of_messages_is_counted(port: int, ada: User) -> None:
    services.record(ada.pk, "LOW_BALANCE", {})
    before = counted("failed")
    deliver()
    assert counted("failed") == before + 1
    with serving_mail(port):
        make_due()
        before = counted("sent")
        deliver()
        assert counted("sent") == before + 1


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("petiole_notifications_total", {"outcome": outcome}) or 0.0
