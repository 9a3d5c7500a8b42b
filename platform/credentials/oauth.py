"""Logins at providers and fresh tokens, by OAuth 2.0 with PKCE. authlib speaks the protocol.

A token is refreshed by one node at a time: who refreshes marks the row and asks the provider outside of any
transaction; what comes back is written only if the mark still stands and nobody has changed the credential since."""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, ParamSpec, Protocol, TypeVar
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from credentials import integrations, opening, redaction, sealing, writing
from credentials.errors import Busy, LoginRefused, ProviderAway, UnknownProvider, Unusable
from credentials.integrations import Provider
from credentials.metas import Meta
from credentials.models import Credential, Login
from credentials.opening import Opened

LOGIN_TIME: Final = timedelta(minutes=10)
# The longest that a refresh can take is far below it; a process that died meanwhile gives it up by then.
REFRESH_TIME: Final = timedelta(seconds=60)
EARLY: Final = timedelta(minutes=5)
# What a provider says when asking again helps.
_LATER: Final = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


P = ParamSpec("P")
R = TypeVar("R")


class Steps(Protocol):
    def __call__(self, step: Callable[P, R], /) -> Callable[P, R]: ...


class _Refused(Exception):
    """The provider has decided."""


# -- Logins


def begin_login(user_id: UUID, provider_name: str, scopes: Sequence[str] = ()) -> tuple[str, str]:
    """The address at which the user logs in, and the state with which they come back. Raises UnknownProvider."""
    provider = _provider(provider_name)
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    wanted = list(scopes or provider.scopes)
    with _client(provider, scope=" ".join(wanted) or None) as client:
        url, _ = client.create_authorization_url(provider.authorize_url, state=state, code_verifier=verifier)
    Login.objects.filter(expires_at__lt=timezone.now()).delete()
    key = _hash(state)
    Login.objects.create(
        state_hash=key,
        user_id=user_id,
        provider=provider.name,
        scopes=wanted,
        sealed=sealing.seal({"verifier": verifier}, belongs_to=(user_id, key)),
        expires_at=timezone.now() + LOGIN_TIME,
    )
    return str(url), state


def finish_login(user_id: UUID, provider_name: str, *, code: str, state: str) -> Meta:
    """A new credential of the user. Raises LoginRefused, ProviderAway or UnknownProvider."""
    provider = _provider(provider_name)
    login = Login.objects.filter(pk=_hash(state), user_id=user_id, provider=provider.name).first()
    mine = Login.objects.filter(pk=_hash(state), user_id=user_id, expires_at__gt=timezone.now())
    if login is None or not mine.delete()[0]:  # of two who come back with one state the first counts
        raise LoginRefused("The state is unknown, or older than ten minutes.")
    verifier = sealing.unseal(login.sealed, belongs_to=(user_id, login.pk))["verifier"]
    redaction.remember([code, verifier])
    try:
        with _client(provider) as client, _asking(provider):
            token = client.fetch_token(provider.token_url, code=code, code_verifier=verifier)
            values = _values(token, {"scopes": login.scopes})
    except _Refused as refused:
        raise LoginRefused(f"{provider.name} refused the login: {refused}") from None
    return writing.create(user_id, provider=provider.name, type="oauth2", values=values)


def _provider(name: str) -> Provider:
    provider = integrations.current().providers.get(name)
    if provider is None:
        raise UnknownProvider(name)
    return provider


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode(errors="replace")).hexdigest()


# -- Fresh tokens


def _once(step: Callable[P, R]) -> Callable[P, R]:
    return step


def freshened(one: Opened, owner: UUID, *, again: Steps = _once) -> Opened:
    """The credential with a token that lasts a while. Outside of transactions: the provider may be asked.

    `again`: how a step is repeated that has lost its connection to the database. Raises Busy when another one
    refreshes it; and when its token has expired ProviderAway or, where the provider has refused, Unusable."""
    if one.row is None or one.type != Credential.Type.OAUTH2 or not _is_due(one.values):
        return one
    expired = _expires(one.values) <= timezone.now()
    provider = integrations.current().providers.get(one.provider)
    if one.row.refused or provider is None or not one.values.get("refresh_token"):
        if expired:
            why = one.row.refused or "its access token has expired, and there is nothing to refresh it with"
            raise Unusable(f"The credential {one.title!r} is not valid any more: {why}. Log in again.")
        return one
    if not again(_begin)(one.row, owner):
        raise Busy(f"The credential {one.title!r} is being refreshed.")
    try:
        return _refreshed(one, one.row, provider, owner, again)
    except _Refused as refused:
        again(_end)(one.row, owner, refused=f"{provider.name} refused to refresh it: {refused}"[:500])
        if expired:
            raise Unusable(f"{provider.name} refused to refresh the credential {one.title!r}: {refused}") from None
    except ProviderAway:
        again(_end)(one.row, owner)
        if expired:
            raise
    return one


def _refreshed(one: Opened, row: Credential, provider: Provider, owner: UUID, again: Steps) -> Opened:
    with _client(provider) as client, _asking(provider):
        token = client.refresh_token(provider.token_url, refresh_token=one.values["refresh_token"])
        values = _values(token, one.values)
    sealed = sealing.seal(values, belongs_to=(row.user_id, row.pk))
    if not again(_end)(row, owner, sealed=sealed, **writing.columns(values)):
        raise Busy(f"The credential {one.title!r} was changed while it was refreshed.")
    redaction.remember(opening.secrets_in(one.type, values))
    return replace(one, values=values)


def _is_due(values: Mapping[str, Any]) -> bool:
    """Early, so that no block outlives its token; one that does not live long is used for half of its life."""
    early = min(EARLY, timedelta(seconds=values.get("lifetime", EARLY.total_seconds() * 2)) / 2)
    return _expires(values) <= timezone.now() + early


def _expires(values: Mapping[str, Any]) -> datetime:
    at = values.get("access_token_expires_at")
    return datetime.max.replace(tzinfo=UTC) if at is None else datetime.fromisoformat(at)


def _begin(row: Credential, owner: UUID) -> bool:
    """Only one refreshes, and only what it has read: who comes later finds the new token."""
    now = timezone.now()
    free = Q(refreshing_by=None) | Q(refreshing_by=owner) | Q(refreshing_until__lte=now)
    same = Credential.objects.filter(free, pk=row.pk, sealed=row.sealed)
    return bool(same.update(refreshing_by=owner, refreshing_until=now + REFRESH_TIME))


def _end(row: Credential, owner: UUID, **changes: Any) -> bool:
    """Of a mark that was taken back with its node nothing is lost, as long as nobody has begun anew."""
    stands = Q(refreshing_by=owner) | Q(refreshing_by=None, sealed=row.sealed)
    return bool(
        Credential.objects.filter(stands, pk=row.pk).update(refreshing_by=None, refreshing_until=None, **changes)
    )


def _values(token: Any, before: Mapping[str, Any]) -> dict[str, Any]:
    """What a provider's answer says. A refresh token that it does not repeat stays. Raises ValueError for nonsense."""
    if not isinstance(token, Mapping) or not isinstance(token.get("access_token"), str):
        raise ValueError("there is no access token in the answer")
    kept = {name: before[name] for name in ("refresh_token", "scopes", "username") if before.get(name)}
    tokens = {name: token.get(name) for name in ("access_token", "refresh_token")}
    values = kept | {name: text for name, text in tokens.items() if isinstance(text, str)}
    if token.get("scope"):
        values["scopes"] = str(token["scope"]).replace(",", " ").split()
    try:
        lifetime = int(token.get("expires_in") or 0)
        if lifetime > 0:
            expires = timezone.now() + timedelta(seconds=lifetime)
            values |= {"lifetime": lifetime, "access_token_expires_at": expires.isoformat()}
    except (TypeError, ValueError, OverflowError):
        pass  # no time that anybody could keep to: it counts as unknown
    return values


# -- The provider


def revoke(one: Opened) -> bool | None:
    """Tell the provider that the token is not needed any more. None where that is not possible."""
    provider = integrations.current().providers.get(one.provider)
    if provider is None or not provider.revoke_url or one.type != Credential.Type.OAUTH2:
        return None
    token = one.values.get("refresh_token") or one.values["access_token"]
    try:
        with _client(provider) as client, _asking(provider):
            return bool(client.revoke_token(provider.revoke_url, token=token).is_success)
    except (_Refused, ProviderAway):
        return False


def _client(provider: Provider, **options: Any) -> Any:
    import httpx  # only who talks to a provider pays for these
    from authlib.integrations.httpx_client import OAuth2Client

    return OAuth2Client(
        provider.client_id,
        provider.client_secret or None,
        token_endpoint_auth_method=provider.auth_method,
        redirect_uri=provider.redirect_url,
        code_challenge_method="S256",
        timeout=httpx.Timeout(10, read=20),
        follow_redirects=False,
        **options,
    )


@contextmanager
def _asking(provider: Provider) -> Iterator[None]:
    """What goes wrong at the provider as _Refused or ProviderAway; its own words only where the protocol names them."""
    import httpx
    from authlib.common.errors import AuthlibBaseError

    try:
        yield
    except AuthlibBaseError as wrong:
        if wrong.error in _LATER:
            raise ProviderAway(f"{provider.name} cannot answer now ({wrong.error}).") from None
        raise _Refused(redaction.redact(str(wrong.error))[:100]) from None
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as wrong:
        raise ProviderAway(f"{provider.name} did not answer as it should ({type(wrong).__name__}).") from None
