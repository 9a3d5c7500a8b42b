"""Logins at a provider and fresh tokens, against a provider on this machine."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from credentials import oauth, opening, services
from credentials.errors import Busy, LoginRefused, ProviderAway, UnknownProvider, Unusable
from credentials.metas import Meta
from credentials.models import Credential, Login
from tests.credentials.conftest import Store
from tests.credentials.provider import SECRET, ProviderServer, away

TokenFor = Callable[..., Meta]


def at(seconds: float) -> str:
    return (timezone.now() + timedelta(seconds=seconds)).isoformat()


@pytest.fixture
def token_for(store: Store, provider: ProviderServer) -> TokenFor:
    """A token of the provider that lives so many seconds more."""

    def make(seconds: float, **more: Any) -> Meta:
        provider.refresh_tokens.add("refresh-first")
        values = {"access_token": "access-first", "refresh_token": "refresh-first", "lifetime": 3600}
        return store(type="oauth2", values=values | {"access_token_expires_at": at(seconds)} | more)

    return make


def fresh(user: User, meta: Meta, owner: Any = None) -> str:
    opened = services.freshened(opening.find(user.pk, meta.id), owner or uuid4())
    return str(opened.values["access_token"])


# -- Logins


def test_a_login_ends_in_a_credential(user: User, provider: ProviderServer) -> None:
    url, state = services.begin_login(user.pk, "github")
    asked = parse_qs(urlsplit(url).query)
    assert url.startswith(f"{provider.url}/authorize?")
    assert (asked["state"], asked["scope"], asked["redirect_uri"]) == (
        [state],
        ["repo"],
        ["https://petiole.example/back"],
    )
    code, back = provider.consent(url)
    meta = services.finish_login(user.pk, "github", code=code, state=back)
    assert (meta.provider, meta.type, meta.scopes) == ("github", "oauth2", ["repo"])
    assert opening.find(user.pk, meta.id).values["access_token"] == provider.issued[-1]
    assert not Login.objects.exists()


def test_a_login_asks_for_the_scopes_that_are_wanted(user: User, provider: ProviderServer) -> None:
    url, _ = services.begin_login(user.pk, "github", ["user", "gist"])
    assert parse_qs(urlsplit(url).query)["scope"] == ["user gist"]


def test_the_client_secret_is_never_in_an_address(user: User, provider: ProviderServer) -> None:
    url, _ = services.begin_login(user.pk, "github")
    assert SECRET not in url


def test_a_state_counts_once_for_its_user_and_its_provider(
    user: User, stranger: User, provider: ProviderServer
) -> None:
    url, _ = services.begin_login(user.pk, "github")
    code, state = provider.consent(url)
    with pytest.raises(LoginRefused, match="The state is unknown"):
        services.finish_login(stranger.pk, "github", code=code, state=state)
    with pytest.raises(UnknownProvider):
        services.finish_login(user.pk, "gitlab", code=code, state=state)
    services.finish_login(user.pk, "github", code=code, state=state)
    with pytest.raises(LoginRefused, match="The state is unknown"):
        services.finish_login(user.pk, "github", code=code, state=state)
    assert Credential.objects.count() == 1


def test_a_state_is_too_old_after_a_while(user: User, provider: ProviderServer) -> None:
    url, _ = services.begin_login(user.pk, "github")
    code, state = provider.consent(url)
    Login.objects.update(expires_at=timezone.now())
    with pytest.raises(LoginRefused, match="older than ten minutes"):
        services.finish_login(user.pk, "github", code=code, state=state)


def test_a_code_that_the_provider_does_not_know_is_refused(user: User, provider: ProviderServer) -> None:
    _, state = services.begin_login(user.pk, "github")
    with pytest.raises(LoginRefused, match="github refused the login: invalid_grant"):
        services.finish_login(user.pk, "github", code="stolen", state=state)
    assert not Credential.objects.exists()


@pytest.mark.parametrize(
    "answer", [(503, b"<html>"), (200, b"<html>"), (200, b"[]"), (500, {"error": "x"}), (400, b"no"), (302, b"")]
)
def test_a_provider_that_answers_nonsense_makes_no_credential(
    user: User, provider: ProviderServer, answer: tuple[int, Any]
) -> None:
    url, _ = services.begin_login(user.pk, "github")
    code, state = provider.consent(url)
    provider.answers = [answer]
    with pytest.raises((ProviderAway, LoginRefused)):
        services.finish_login(user.pk, "github", code=code, state=state)
    assert not Credential.objects.exists()


def test_a_deleted_token_is_taken_back_at_the_provider(
    user: User, provider: ProviderServer, token_for: TokenFor
) -> None:
    assert services.delete(user.pk, token_for(3600).id).revoked is True
    assert provider.revoked == ["refresh-first"]


def test_a_provider_that_is_away_does_not_keep_a_token_from_being_deleted(
    user: User, provider: ProviderServer, token_for: TokenFor
) -> None:
    meta = token_for(3600)
    with away(provider):
        assert services.delete(user.pk, meta.id).revoked is False
    assert not Credential.objects.exists()


# -- Fresh tokens


def test_a_token_that_lasts_is_used_as_it_is(user: User, provider: ProviderServer, token_for: TokenFor) -> None:
    assert fresh(user, token_for(3600)) == "access-first"
    assert provider.refreshes == []


def test_a_token_without_an_end_is_used_as_it_is(user: User, provider: ProviderServer, store: Store) -> None:
    assert fresh(user, store(type="oauth2", values={"access_token": "for-ever"})) == "for-ever"


@pytest.mark.parametrize("seconds", [-60, 60])
def test_a_token_that_ends_soon_is_refreshed_and_kept(
    user: User, provider: ProviderServer, token_for: TokenFor, seconds: float
) -> None:
    meta = token_for(seconds)
    assert fresh(user, meta) == provider.issued[-1]
    assert fresh(user, meta) == provider.issued[-1]
    assert len(provider.refreshes) == 1
    assert provider.refresh_tokens == {opening.find(user.pk, meta.id).values["refresh_token"]}


def test_a_token_that_never_lives_long_is_used_for_half_of_its_life(
    user: User, provider: ProviderServer, token_for: TokenFor
) -> None:
    assert fresh(user, token_for(40, lifetime=60)) == "access-first"
    assert fresh(user, token_for(20, lifetime=60)) != "access-first"


def test_a_refused_refresh_is_remembered_until_the_user_logs_in_again(
    user: User, provider: ProviderServer, token_for: TokenFor
) -> None:
    meta = token_for(-60)
    provider.refresh_tokens.clear()
    for _ in range(2):
        with pytest.raises(Unusable, match="refused to refresh"):
            fresh(user, meta)
    assert len(provider.refreshes) == 1
    assert "github refused to refresh it: invalid_grant" in str(services.find(user.pk, meta.id).problem)
    services.change(user.pk, meta.id, values={"access_token": "new", "refresh_token": "new-too"})
    assert services.find(user.pk, meta.id).problem is None
    assert fresh(user, meta) == "new"


def test_a_token_that_still_lasts_a_little_is_used_while_the_provider_is_away(
    user: User, provider: ProviderServer, token_for: TokenFor
) -> None:
    meta, ended = token_for(60), token_for(-60)
    with away(provider):
        assert fresh(user, meta) == "access-first"
        with pytest.raises(ProviderAway):
            fresh(user, ended)
    assert fresh(user, meta) == provider.issued[-1]
    assert Credential.objects.filter(refreshing_by=None).count() == 2


def test_who_dies_while_it_refreshes_holds_nobody_up_for_long(
    user: User, provider: ProviderServer, token_for: TokenFor
) -> None:
    meta, dead = token_for(-60), uuid4()
    assert oauth._begin(Credential.objects.get(pk=meta.id), dead)
    with pytest.raises(Busy, match="is being refreshed"):
        fresh(user, meta)
    services.release(dead)  # its node is taken back
    assert fresh(user, meta) == provider.issued[-1]


def test_a_mark_that_nobody_took_back_runs_out(user: User, provider: ProviderServer, token_for: TokenFor) -> None:
    meta = token_for(-60)
    oauth._begin(Credential.objects.get(pk=meta.id), uuid4())
    Credential.objects.update(refreshing_until=timezone.now())
    assert fresh(user, meta) == provider.issued[-1]


def test_a_change_during_a_refresh_counts_more(user: User, provider: ProviderServer, token_for: TokenFor) -> None:
    meta = token_for(-60)
    row = Credential.objects.get(pk=meta.id)
    slow = uuid4()
    oauth._begin(row, slow)
    services.change(user.pk, meta.id, values={"access_token": "by-hand"})
    assert not oauth._end(row, slow, sealed="of the provider")
    assert fresh(user, meta) == "by-hand"


def test_what_came_back_for_a_node_that_was_taken_back_is_not_lost(
    user: User, provider: ProviderServer, token_for: TokenFor
) -> None:
    meta = token_for(-60)
    row = Credential.objects.get(pk=meta.id)
    slow = uuid4()
    oauth._begin(row, slow)
    services.release(slow)
    assert oauth._end(row, slow)


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_refresh_once(
    user: User, provider: ProviderServer, token_for: TokenFor, settings: Settings
) -> None:
    meta = token_for(-60)
    provider.pause = 0.2

    def use(_: int) -> str:
        try:
            while True:
                try:
                    return fresh(user, meta)
                except Busy:
                    provider.lock.acquire(timeout=0.02)
                    provider.lock.release()
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        assert set(threads.map(use, range(20))) == {provider.issued[-1]}
    assert len(provider.refreshes) == 1
