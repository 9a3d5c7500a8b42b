"""/v1/integrations: everything but secrets."""

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from credentials import opening, services
from tests.credentials.conftest import Installed, Store
from tests.credentials.provider import ProviderServer

ALL = "/v1/integrations/credentials"
OF_GITHUB = "/v1/integrations/github/credentials"
NEW = {"type": "api_key", "title": "mine", "api_key": "sk-planted-1", "max_concurrency": 4}


def test_a_credential_is_stored_listed_changed_and_deleted_and_never_shown(api: APIClient, user: User) -> None:
    made = api.post(OF_GITHUB, NEW)
    assert made.status_code == 201
    one = f"{OF_GITHUB}/{made.json()['id']}"
    answers = [made, api.get(ALL), api.get(OF_GITHUB), api.get(one), api.get("/v1/integrations/gitlab/credentials")]
    answers.append(api.patch(one, {"api_key": "sk-planted-2", "title": "ours", "max_concurrency": None}))
    assert [len(answer.json()) for answer in answers[1:3]] == [1, 1]
    assert answers[4].json() == []
    assert answers[5].json() == {
        "id": made.json()["id"],
        "provider": "github",
        "type": "api_key",
        "title": "ours",
        "scopes": None,
        "username": None,
        "host": None,
        "expires_at": None,
        "max_concurrency": None,
        "problem": None,
        "is_system": False,
    }
    assert opening.find(user.pk, made.json()["id"]).values == {"api_key": "sk-planted-2"}
    answers.append(api.delete(one))
    assert answers[6].json() == {"deleted": True, "revoked": None}
    assert api.get(one).status_code == 404
    assert b"planted" not in b"".join(answer.content for answer in answers)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "type"),
        ({"type": "unknown"}, "type"),
        ({"type": "api_key"}, "api_key"),
        ({"type": "api_key", "api_key": {"planted": 1}}, "api_key"),
        ({"type": "user_password", "username": "ada"}, "password"),
        ({"type": "api_key", "api_key": "planted", "max_concurrency": 0}, "max_concurrency"),
        ({"type": "host_scoped", "host": "a b", "headers": {"X": "planted"}}, "host"),
        ({"type": "host_scoped", "host": "a.b", "headers": "planted"}, "headers"),
    ],
)
def test_a_bad_request_names_the_field_and_repeats_no_value(api: APIClient, body: dict[str, Any], field: str) -> None:
    answer = api.post(OF_GITHUB, body)
    assert answer.status_code == 422
    assert field in [problem["loc"][1] for problem in answer.json()["detail"]]
    assert "planted" not in answer.content.decode()


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_a_time_that_no_utc_time_stands_for_is_refused(api: APIClient, at: str) -> None:
    assert api.post(OF_GITHUB, NEW | {"expires_at": at}).status_code == 422


def test_a_nul_in_the_name_of_a_provider_is_refused(api: APIClient) -> None:
    assert api.post("/v1/integrations/git%00hub/credentials", NEW).status_code == 422


def test_what_belongs_to_somebody_else_does_not_exist(store: Store, stranger: User) -> None:
    one = f"{OF_GITHUB}/{store().id}"
    eve = APIClient()
    eve.force_authenticate(stranger)
    assert eve.get(ALL).json() == []
    assert [call(one).status_code for call in (eve.get, eve.delete, eve.patch)] == [404, 404, 404]


@pytest.mark.parametrize("wrong", ["nothing", str(uuid4()), "system:none"])
def test_an_unknown_credential_is_a_404(api: APIClient, wrong: str) -> None:
    assert api.get(f"{OF_GITHUB}/{wrong}").status_code == 404
    assert api.delete(f"{OF_GITHUB}/{wrong}").status_code == 404


def test_a_credential_is_found_below_its_provider_only(api: APIClient, store: Store) -> None:
    assert api.get(f"/v1/integrations/gitlab/credentials/{store().id}").status_code == 404


def test_nobody_without_a_token_sees_anything(db: None) -> None:
    client = APIClient()
    paths = (ALL, OF_GITHUB, "/v1/integrations/providers", "/v1/integrations/github/login")
    assert {client.get(path).status_code for path in paths} == {401}


def test_one_in_use_asks_for_a_confirmation(api: APIClient, store: Store, user: User) -> None:
    meta = store()
    services.take(user.pk, [meta.id], owner=uuid4(), node_execution_id=uuid4())
    answer = api.delete(f"{OF_GITHUB}/{meta.id}").json()
    assert (answer["deleted"], answer["need_confirmation"]) == (False, True)
    assert "in use by 1 node now" in answer["message"]
    assert api.delete(f"{OF_GITHUB}/{meta.id}?force=true").json()["deleted"] is True


def test_those_of_the_installation_are_listed_and_cannot_be_changed(api: APIClient, installed: Installed) -> None:
    installed({"credentials": {"github": {"type": "api_key", "api_key": "sk-planted"}}})
    listed = api.get(ALL)
    assert [(one["id"], one["is_system"]) for one in listed.json()] == [("system:github", True)]
    assert b"planted" not in listed.content
    assert api.patch(f"{OF_GITHUB}/system:github", {"title": "x"}).status_code == 403
    assert api.delete(f"{OF_GITHUB}/system:github").status_code == 403
    assert api.get("/v1/integrations/providers").json() == [{"name": "github", "oauth2": False, "system": True}]


def test_a_login_over_http(api: APIClient, provider: ProviderServer) -> None:
    begun = api.get("/v1/integrations/github/login?scopes=repo,user").json()
    code, state = provider.consent(begun["login_url"])
    assert begun["state_token"] == state
    wrong = api.post("/v1/integrations/github/callback", {"code": code, "state_token": "guessed"})
    assert wrong.status_code == 400
    done = api.post("/v1/integrations/github/callback", {"code": code, "state_token": state})
    assert (done.status_code, done.json()["scopes"]) == (200, ["repo", "user"])
    assert provider.issued[-1] not in done.content.decode()
    assert api.get("/v1/integrations/gitlab/login").status_code == 404


def test_a_provider_that_is_away_is_a_502(api: APIClient, provider: ProviderServer) -> None:
    code, state = provider.consent(api.get("/v1/integrations/github/login").json()["login_url"])
    provider.answers = [(503, b"")]
    assert api.post("/v1/integrations/github/callback", {"code": code, "state_token": state}).status_code == 502


def test_without_keys_the_answer_says_what_the_administrator_has_to_do(api: APIClient, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = []
    answer = api.post(OF_GITHUB, NEW)
    assert answer.status_code == 503
    assert "PETIOLE_ENCRYPTION_KEYS" in answer.json()["hint"]
    assert "planted" not in answer.content.decode()
