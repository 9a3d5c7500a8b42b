import pytest
from django.test import Client

from accounts.models import User
from notifications import services
from notifications.models import Notice


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("joe")


def test_an_event_is_kept_for_its_user(user: User) -> None:
    services.record(user.pk, "LOW_BALANCE", {"current_balance": 490})
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.data, notice.key) == (user, "LOW_BALANCE", {"current_balance": 490}, None)


def test_events_without_a_key_are_events_of_their_own(user: User) -> None:
    for _ in range(2):
        services.record(user.pk, "LOW_BALANCE", {})
    assert Notice.objects.count() == 2


def test_an_event_with_a_key_is_recorded_once_per_user(user: User) -> None:
    other = User.objects.create_user("ann")
    for owner in (user, user, other):
        services.record(owner.pk, "AGENT_RUN", {"agent_name": "Report"}, key="run-1")
    assert Notice.objects.count() == 2


def test_a_kind_that_nobody_knows_is_a_bug(user: User) -> None:
    with pytest.raises(ValueError, match="GOSSIP"):
        services.record(user.pk, "GOSSIP", {})


def test_the_admin_shows_what_was_recorded_and_changes_nothing(admin_client: Client, user: User) -> None:
    services.record(user.pk, "ZERO_BALANCE", {"shortfall": 642})
    page = admin_client.get("/admin/notifications/notice/", {"q": "joe"}).content
    assert b"642" in page
    assert admin_client.get("/admin/notifications/notice/add/").status_code == 403


def test_an_event_may_quote_whatever_a_run_emitted(user: User) -> None:
    said = {"outputs": [{"name": "a\x00b\ud800"}, float("-inf"), None]}
    services.record(user.pk, "AGENT_RUN", said, key="run")
    assert Notice.objects.get().data == said
