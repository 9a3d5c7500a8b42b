from functools import partial
from importlib import import_module
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

import credits.services
import notifications.services
from accounts import services as accounts
from accounts.models import ApiToken, User
from audit import services
from audit.models import Entry
from executions.models import GraphExecution
from graphs.models import Graph
from tests.graphs_for_tests import Build
from tests.silence import Silent


@pytest.fixture
def guarded(db: None) -> None:
    """The tables as migrations make them: see django_db_setup in tests.conftest."""
    if connection.vendor == "sqlite":
        migration = import_module("audit.migrations.0002_append_only")
        connection.cursor().execute(migration.SQLITE[1])  # rolled back with the test


def actions() -> list[str]:
    return list(Entry.objects.order_by("at", "id").values_list("action", flat=True))


def test_an_entry_says_who_did_what_to_what_and_from_where(client: Client, user: User) -> None:
    user.set_password("a long word")
    user.save()
    assert client.login(username="ada", password="a long word")
    entry = Entry.objects.get(action="login.succeeded")
    assert (entry.actor, entry.actor_id, entry.subject_id) == ("ada", user.pk, str(user.pk))


def test_a_login_that_fails_is_kept_with_the_address_and_without_the_password(client: Client, db: None) -> None:
    page = {"username": "mallory", "password": "secret-guess"}
    client.post("/admin/login/", page, REMOTE_ADDR="203.0.113.9")
    entry = Entry.objects.get(action="login.failed")
    assert (entry.actor, entry.actor_id, entry.subject) == ("(unknown)", None, "mallory")
    assert entry.origin == "203.0.113.9"
    assert "secret-guess" not in repr(list(Entry.objects.values()))


def test_a_command_is_named_with_its_account_and_host_and_without_its_words(db: None) -> None:
    services.record("user.made_admin", subject="ada")
    entry = Entry.objects.get()
    assert entry.actor.startswith("system account")
    assert ": " in entry.origin
    assert entry.actor_id is None


def test_tokens_leave_their_creation_and_end_in_the_log_and_never_their_text(user: User) -> None:
    text = accounts.create_token(user, "deploy")
    accounts.revoke(ApiToken.objects.get())
    accounts.revoke(ApiToken.objects.get())
    assert actions()[-2:] == ["token.created", "token.revoked"]
    assert text not in repr(list(Entry.objects.values()))


def test_a_grant_names_who_gave_it_through_the_api(user: User, admin_user: User) -> None:
    token = accounts.create_token(admin_user, "ops")
    asked = {"user_id": str(user.pk), "amount": 70, "comments": "sorry"}
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert program.post("/v1/credits/admin/add_credits", asked).status_code == 200
    entry = Entry.objects.filter(action="credits.granted").latest("at")
    assert (entry.actor, entry.subject, entry.origin) == ("admin", "ada", "127.0.0.1")
    assert (entry.detail["amount"], entry.detail["reason"]) == (70, "sorry")


def test_of_the_address_of_a_webhook_only_scheme_and_host_are_kept(user: User) -> None:
    notifications.services.set_webhook(
        user_id=user.pk, url="https://joe:pw@hooks.example.org:8443/T0/s3cret?key=s3cret"
    )
    entry = Entry.objects.get(action="webhook.set")
    assert (entry.subject, entry.detail) == ("https://hooks.example.org:8443", {})


def test_the_page_of_the_log_says_when_to_the_second_and_what_exactly(admin_client: Client, user: User) -> None:
    services.record("credits.granted", subject="ada", detail={"reason": "sorry"}, actor=user)
    entry = Entry.objects.get(action="credits.granted", detail__contains="sorry")
    when = f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S}"
    assert when in admin_client.get("/admin/audit/entry/").content.decode()
    page = admin_client.get(f"/admin/audit/entry/{entry.pk}/change/").content.decode()
    assert all(text in page for text in (when, "&quot;reason&quot;: &quot;sorry&quot;"))


def test_what_is_refused_leaves_no_entry(user: User) -> None:
    before = Entry.objects.count()
    with pytest.raises(Exception, match="does not allow"):
        credits.services.grant(user.pk, -(10**12), reason="too much")
    assert Entry.objects.count() == before


def test_stops_retries_and_deletions_are_kept(api: APIClient, user: User, build: Build, no_messages: Silent) -> None:
    built = build({"e": ("Echo", {"x": 1})})
    run = built.start()
    address = f"/v1/graphs/{built.version.graph_id}/executions/{run.pk}"
    for verb in ("pause", "resume", "stop", "stop", "retry"):
        assert api.post(f"{address}/{verb}").status_code == 200, verb
    assert api.delete(f"/v1/graphs/{built.version.graph_id}").status_code == 200
    wanted = ["run.paused", "run.resumed", "run.stopped", "run.retried", "graph.deleted"]
    assert actions()[-5:] == wanted
    assert set(Entry.objects.filter(action__in=wanted).values_list("actor", flat=True)) == {"ada"}
    assert GraphExecution.objects.filter(pk=run.pk).exists()
    assert Graph.objects.get().deleted_at is not None


def test_what_is_done_on_pages_of_the_admin_is_kept_deletions_from_a_list_too(admin_client: Client) -> None:
    admin_client.post("/admin/auth/group/add/", {"name": "crew"})
    group = Group.objects.get()
    chosen = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
    admin_client.post("/admin/auth/group/", chosen)
    assert not Group.objects.exists()
    assert [name for name in dict.fromkeys(actions()) if name.startswith("admin.")] == ["admin.added", "admin.deleted"]


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_itself_refuses_to_change_or_remove_an_entry(guarded: None, change: str) -> None:
    services.record("run.stopped", subject="run")
    entries = Entry.objects.all()
    write = partial(entries.update, actor="somebody else") if change == "update" else entries.delete
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        write()
    assert Entry.objects.get().actor != "somebody else"


def test_the_page_shows_entries_and_changes_nothing(admin_client: Client) -> None:
    subject = uuid4()
    services.record("run.stopped", subject="the nightly report", subject_id=subject)
    services.record("run.stopped", subject="another one")
    page = admin_client.get("/admin/audit/entry/", {"q": str(subject)}).content.decode()
    assert "the nightly report" in page
    assert "another one" not in page
    entry = Entry.objects.filter(subject_id=str(subject)).get()
    assert admin_client.get(f"/admin/audit/entry/{entry.pk}/change/").status_code == 200
    for address in ("add/", f"{entry.pk}/delete/"):
        assert admin_client.get(f"/admin/audit/entry/{address}").status_code == 403
    assert admin_client.post(f"/admin/audit/entry/{entry.pk}/change/", {"actor": "x"}).status_code == 403


def test_hostile_names_are_kept_as_far_as_a_column_goes(db: None) -> None:
    services.record("login.failed", subject="a\x00\ud800" + "b" * 1000, detail={"said": "a\x00\ud800"})
    entry = Entry.objects.get()
    assert entry.subject.startswith("a?b")
    assert len(entry.subject) == 255
