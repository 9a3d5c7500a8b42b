"""Credentials at rest: how they come, change and go, and that nobody sees their secrets."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.forms.models import model_to_dict
from pytest_django import Settings

from accounts.models import User
from audit.models import Entry
from credentials import leases, opening, services
from credentials.errors import Busy, CredentialInvalid, NoKeys, OfInstallation, UnknownCredential, Unreadable
from credentials.models import Credential, Lease
from tests.credentials.conftest import Installed, Store

GOOD: dict[str, dict[str, Any]] = {
    "api_key": {"api_key": "sk-planted-1", "expires_at": "2199-01-01T00:00:00Z"},
    "oauth2": {"access_token": "at-planted-2", "refresh_token": "rt-planted-2", "scopes": ["repo"], "username": "ada"},
    "user_password": {"username": "ada", "password": "pw-planted-3"},
    "host_scoped": {"host": "*.Example.com", "headers": {"X-Key": "hv-planted-4"}},
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_credential_of_each_type_is_kept_and_opened(store: Store, user: User, kind: str) -> None:
    meta = store(type=kind, values=GOOD[kind])
    opened = opening.find(user.pk, meta.id)
    secrets = {name: value for name, value in GOOD[kind].items() if "planted" in str(value)}
    assert secrets.items() <= dict(opened.values).items()
    assert "planted" not in f"{meta} {opened} {opened!r}"


@pytest.mark.parametrize("kind", GOOD)
def test_the_row_shows_no_secret(store: Store, kind: str) -> None:
    meta = store(type=kind, values=GOOD[kind])
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM credentials_credential")
        assert "planted" not in str(cursor.fetchall())
    assert "planted" not in json.dumps(model_to_dict(Credential.objects.get(pk=meta.id)), default=str)


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("api_key", {}, "api_key"),
        ("api_key", {"api_key": ""}, "api_key"),
        ("api_key", {"api_key": ["x"]}, "api_key"),
        ("api_key", {"api_key": "x" * 20_001}, "api_key"),
        ("api_key", {"api_key": "a\x00b"}, "api_key"),
        ("api_key", {"api_key": "x", "expires_at": "soon"}, "expires_at"),
        ("api_key", {"api_key": "x", "expires_at": 1e300}, "expires_at"),
        ("api_key", {"api_key": "x", "password": "y"}, "password"),
        ("user_password", {"username": "ada"}, "password"),
        ("oauth2", {"access_token": "x", "scopes": [1]}, "scopes"),
        ("host_scoped", {"host": "https://example.com", "headers": {"a": "b"}}, "host"),
        ("host_scoped", {"host": "*", "headers": {"a": "b"}}, "host"),
        ("host_scoped", {"host": "a" * 200 + "!", "headers": {"a": "b"}}, "host"),
        ("host_scoped", {"host": "example.com", "headers": {}}, "headers"),
        ("host_scoped", {"host": "example.com", "headers": {"a b": "c"}}, "headers"),
        ("host_scoped", {"host": "example.com", "headers": {"a": "b\r\nc: d"}}, "headers"),
        ("token", {"x": "y"}, "type"),
    ],
)
def test_what_does_not_fit_its_type_is_refused_by_the_name_of_the_field(
    store: Store, kind: str, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(CredentialInvalid) as refused:
        store(type=kind, values=values)
    assert list(refused.value.fields) == [field]
    assert not Credential.objects.exists()


def test_a_change_replaces_what_it_names_and_keeps_the_rest(store: Store, user: User) -> None:
    meta = store(type="user_password", values=GOOD["user_password"], title="mine", max_concurrency=3)
    services.change(user.pk, meta.id, values={"password": "new"}, max_concurrency=None)
    opened = opening.find(user.pk, meta.id)
    assert dict(opened.values) == {"username": "ada", "password": "new"}
    assert (opened.title, opened.max_concurrency) == ("mine", None)


def test_a_new_key_does_not_inherit_the_end_of_the_old_one(store: Store, user: User) -> None:
    meta = store(values=GOOD["api_key"])
    assert services.change(user.pk, meta.id, values={"api_key": "sk-second"}).expires_at is None


def test_nobody_else_can_find_change_delete_or_use_it(store: Store, stranger: User) -> None:
    meta = store()
    for attempt in (
        lambda: services.find(stranger.pk, meta.id),
        lambda: services.change(stranger.pk, meta.id, title="x"),
        lambda: services.delete(stranger.pk, meta.id),
        lambda: services.take(stranger.pk, [meta.id], owner=uuid4(), node_execution_id=uuid4()),
    ):
        with pytest.raises(UnknownCredential):
            attempt()
    assert services.of_user(stranger.pk) == []


def test_a_secret_copied_into_a_row_of_ones_own_does_not_open(store: Store, user: User, stranger: User) -> None:
    mine, stolen = store(), store(user_id=stranger.pk)
    Credential.objects.filter(pk=stolen.id).update(sealed=Credential.objects.get(pk=mine.id).sealed)
    with pytest.raises(Unreadable):
        opening.find(stranger.pk, stolen.id)


def test_who_did_what_is_in_the_audit_log_without_secrets(store: Store, user: User) -> None:
    meta = store(title="mine", values={"api_key": "sk-planted-9"})
    services.change(user.pk, meta.id, values={"api_key": "sk-planted-10"})
    services.delete(user.pk, meta.id)
    entries = Entry.objects.filter(subject_id=meta.id).order_by("pk")
    assert [entry.action for entry in entries] == ["credential.created", "credential.changed", "credential.deleted"]
    assert "planted" not in str([model_to_dict(entry) for entry in entries])


def test_without_keys_nothing_is_stored(store: Store, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = []
    with pytest.raises(NoKeys, match="PETIOLE_ENCRYPTION_KEYS"):
        store()
    assert not Credential.objects.exists()


# -- Keys


def test_after_a_rotation_the_old_key_can_go(store: Store, user: User, settings: Settings) -> None:
    metas = [store(values={"api_key": f"sk-{number}"}) for number in range(3)]
    fresh = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [fresh, *settings.ENCRYPTION_KEYS]
    assert opening.find(user.pk, metas[0].id).values["api_key"] == "sk-0"
    call_command("rotate_keys")
    settings.ENCRYPTION_KEYS = [fresh]
    assert [opening.find(user.pk, meta.id).values["api_key"] for meta in metas] == ["sk-0", "sk-1", "sk-2"]


def test_a_rotation_names_what_no_key_opens_and_does_the_rest(
    store: Store, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = store()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    store()
    with pytest.raises(SystemExit):
        call_command("rotate_keys")
    assert capsys.readouterr().out.splitlines() == [
        f"no key opens {lost.id}",
        "1 credentials are encrypted with the first key",
    ]


def test_a_rotation_without_keys_is_refused(store: Store, settings: Settings) -> None:
    store()
    settings.ENCRYPTION_KEYS = []
    with pytest.raises(CommandError, match="PETIOLE_ENCRYPTION_KEYS"):
        call_command("rotate_keys")


# -- Leases


def test_many_share_a_credential(store: Store, user: User) -> None:
    meta = store()
    for _ in range(5):
        services.take(user.pk, [meta.id], owner=uuid4(), node_execution_id=uuid4())
    assert leases.in_use(meta.id) == 5


def test_who_asks_again_has_one_lease(store: Store, user: User) -> None:
    meta, owner = store(max_concurrency=1), uuid4()
    for _ in range(2):
        services.take(user.pk, [meta.id, meta.id], owner=owner, node_execution_id=uuid4())
    assert leases.in_use(meta.id) == 1


def test_no_more_than_allowed_use_it_at_once(store: Store, user: User) -> None:
    meta, first = store(max_concurrency=2), uuid4()
    services.take(user.pk, [meta.id], owner=first, node_execution_id=uuid4())
    services.take(user.pk, [meta.id], owner=uuid4(), node_execution_id=uuid4())
    with pytest.raises(Busy, match="2 of 2 allowed uses are taken"):
        services.take(user.pk, [meta.id], owner=uuid4(), node_execution_id=uuid4())
    services.release(first)
    services.take(user.pk, [meta.id], owner=uuid4(), node_execution_id=uuid4())


def test_who_cannot_have_all_of_them_holds_none(store: Store, user: User) -> None:
    free, full = sorted([store(), store()], key=lambda meta: meta.id)
    services.change(user.pk, full.id, max_concurrency=1)
    services.take(user.pk, [full.id], owner=uuid4(), node_execution_id=uuid4())
    with pytest.raises(Busy), transaction.atomic():
        services.take(user.pk, [free.id, full.id], owner=uuid4(), node_execution_id=uuid4())
    assert leases.in_use(free.id) == 0


def test_who_has_lost_its_claim_releases_nothing_of_others(store: Store, user: User) -> None:
    meta = store()
    services.take(user.pk, [meta.id], owner=uuid4(), node_execution_id=uuid4())
    services.release(uuid4())
    assert leases.in_use(meta.id) == 1


def test_a_credential_in_use_is_deleted_only_on_purpose(store: Store, user: User) -> None:
    meta = store()
    services.take(user.pk, [meta.id], owner=uuid4(), node_execution_id=uuid4())
    assert services.delete(user.pk, meta.id).in_use == 1
    assert services.delete(user.pk, meta.id, force=True).in_use == 0
    assert not Credential.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_at_the_same_moment_exactly_as_many_as_allowed_get_it(store: Store, user: User) -> None:
    from executions.database import write

    meta = store(max_concurrency=3)

    def attempt(_: int) -> bool:
        try:
            with write():
                services.take(user.pk, [meta.id], owner=uuid4(), node_execution_id=uuid4())
        except Busy:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(attempt, range(12))) == 3
    assert set(Lease.objects.values_list("slot", flat=True)) == {0, 1, 2}


# -- Of the installation


def test_credentials_of_the_installation_are_everybodys_and_nobody_changes_them(
    installed: Installed, user: User, stranger: User
) -> None:
    installed({"credentials": {"openai": {"type": "api_key", "api_key": "sk-planted-7", "max_concurrency": 1}}})
    for somebody in (user, stranger):
        [meta] = services.of_user(somebody.pk)
        assert (meta.id, meta.provider, meta.type, meta.is_system) == ("system:openai", "openai", "api_key", True)
    assert "planted" not in str(services.of_user(user.pk))
    for attempt in (services.change, services.delete):
        with pytest.raises(OfInstallation):
            attempt(user.pk, "system:openai")
    opened = services.take(user.pk, ["system:openai"], owner=uuid4(), node_execution_id=uuid4())
    assert opened["system:openai"].values["api_key"] == "sk-planted-7"
    with pytest.raises(Busy):
        services.take(stranger.pk, ["system:openai"], owner=uuid4(), node_execution_id=uuid4())


def test_a_replaced_secret_of_the_installation_counts_at_once(installed: Installed, user: User) -> None:
    installed({"credentials": {"openai": {"type": "api_key", "api_key": "sk-one"}}})
    assert opening.find(user.pk, "system:openai").values["api_key"] == "sk-one"
    installed({"credentials": {"openai": {"type": "api_key", "api_key": "sk-second"}}})
    assert opening.find(user.pk, "system:openai").values["api_key"] == "sk-second"
