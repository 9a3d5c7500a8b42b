"""Credentials in the admin: secrets go in and never come out."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from credentials import opening, services
from credentials.models import Credential
from tests.credentials.conftest import Store

ADD = "/admin/credentials/credential/add/"
KEY = {"provider": "github", "type": "api_key", "title": "mine", "api_key": "sk-planted-1"}


def page_of(credential_id: object) -> str:
    return f"/admin/credentials/credential/{credential_id}/change/"


def form(user: User, **fields: Any) -> dict[str, Any]:
    return {"user": str(user.pk)} | fields


def test_no_page_shows_a_secret(admin_client: Client, user: User, store: Store) -> None:
    answers = [admin_client.post(ADD, form(user, **KEY), follow=True)]
    meta = store(type="host_scoped", provider="http", values={"host": "a.b", "headers": {"X": "hv-planted"}})
    made = Credential.objects.get(title="mine")
    answers += [admin_client.get(page_of(made.pk)), admin_client.get(page_of(meta.id))]
    answers += [admin_client.get("/admin/credentials/credential/"), admin_client.get(ADD)]
    answers.append(admin_client.get(f"/admin/credentials/credential/{made.pk}/history/"))
    answers.append(admin_client.get(f"/admin/credentials/credential/{made.pk}/delete/"))
    answers.append(admin_client.get("/admin/"))
    assert {answer.status_code for answer in answers} == {200}
    assert b"planted" not in b"".join(answer.content for answer in answers)
    assert "planted" not in str(list(LogEntry.objects.values()))
    assert opening.find(user.pk, str(made.pk)).values == {"api_key": "sk-planted-1"}


def test_a_form_that_is_refused_does_not_repeat_its_secrets(admin_client: Client, user: User) -> None:
    sent = form(user, provider="", type="host_scoped", host="a b", headers='{"X": "planted"}', api_key="planted")
    answer = admin_client.post(ADD, sent)
    assert b"Write the host alone" in answer.content
    assert b"planted" not in answer.content
    assert not Credential.objects.exists()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"type": "api_key"}, b"This field is required."),
        ({"type": "user_password", "username": "ada", "password": "x", "host": "a.b"}, b"has no such field"),
    ],
)
def test_what_is_missing_or_too_much_is_said(
    admin_client: Client, user: User, fields: dict[str, Any], problem: bytes
) -> None:
    assert problem in admin_client.post(ADD, form(user, provider="x", **fields)).content
    assert not Credential.objects.exists()


def test_a_change_without_a_secret_keeps_the_old_one(admin_client: Client, user: User, store: Store) -> None:
    meta = store(title="old")
    admin_client.post(page_of(meta.id), {"title": "new", "max_concurrency": "2"})
    changed = services.find(user.pk, meta.id)
    assert (changed.title, changed.max_concurrency) == ("new", 2)
    assert opening.find(user.pk, meta.id).values == {"api_key": "sk-first"}


def test_a_change_with_a_secret_replaces_it(admin_client: Client, user: User, store: Store) -> None:
    meta = store()
    admin_client.post(page_of(meta.id), {"title": "", "api_key": "sk-second", "ends": "2199-01-01 00:00:00"})
    assert opening.find(user.pk, meta.id).values["api_key"] == "sk-second"
    assert str(services.find(user.pk, meta.id).expires_at) == "2199-01-01 00:00:00+00:00"


def test_those_that_are_chosen_are_deleted(admin_client: Client, store: Store) -> None:
    chosen = {"action": "delete_selected", "_selected_action": [store().id, store().id], "post": "yes"}
    admin_client.post("/admin/credentials/credential/", chosen)
    assert not Credential.objects.exists()


def test_without_keys_the_page_says_so(admin_client: Client, user: User, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = []
    answer = admin_client.post(ADD, form(user, **KEY))
    assert b"PETIOLE_ENCRYPTION_KEYS is not set" in answer.content
    assert b"planted" not in answer.content
