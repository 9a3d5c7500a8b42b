"""Credentials as a block receives them: a keyword argument of `run` for each credentials pin, secrets included.

A secret is a `SecretStr`: printed, logged or emitted it is a row of stars; `get_secret_value()` shows it."""

import base64
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr

_USUAL_PORTS: Final = {"http": 80, "https": 443}


class CredentialBase(BaseModel):
    """What all kinds share. Tests of blocks write only the secrets: the rest has defaults."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    kind: ClassVar[str]
    id: str = ""
    provider: str = ""
    title: str = ""

    def auth_headers(self) -> dict[str, str]:
        """The headers of an HTTP request that is made with this credential."""
        raise NotImplementedError

    def secrets(self) -> Iterator[str]:
        """Every text that must not be seen."""
        for name in type(self).model_fields:
            yield from _secrets_in(getattr(self, name))


class APIKey(CredentialBase):
    """A key of a provider's interface."""

    kind = "api_key"
    api_key: SecretStr
    expires_at: datetime | None = None

    def auth_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key.get_secret_value()}"}


class OAuth2(CredentialBase):
    """A token that its owner granted; it is fresh when a block receives it."""

    kind = "oauth2"
    access_token: SecretStr
    refresh_token: SecretStr | None = None
    access_token_expires_at: datetime | None = None
    refresh_token_expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    username: str = ""

    def auth_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token.get_secret_value()}"}


class UserPassword(CredentialBase):
    """A name and a password."""

    kind = "user_password"
    username: str
    password: SecretStr

    def auth_headers(self) -> dict[str, str]:
        pair = f"{self.username}:{self.password.get_secret_value()}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def secrets(self) -> Iterator[str]:
        yield from super().secrets()
        yield self.auth_headers()["Authorization"].removeprefix("Basic ")


class HostScoped(CredentialBase):
    """Headers for one host, `api.example.com`, or for a domain and everything below it, `*.example.com`.

    Without a port the host stands for the usual one of http and https."""

    kind = "host_scoped"
    host: str
    headers: dict[str, SecretStr] = {}

    def matches(self, url: str) -> bool:
        """May the headers be sent with a request to `url`?"""
        wanted, asked = _place(f"//{self.host}"), _place(url)
        if wanted is None or asked is None or asked.scheme not in _USUAL_PORTS:
            return False
        usual = _USUAL_PORTS[asked.scheme]
        if (asked.port or usual) != (wanted.port or usual):
            return False
        if not wanted.host.startswith("*."):
            return asked.host == wanted.host
        domain = wanted.host.removeprefix("*.")
        return asked.host == domain or asked.host.endswith(f".{domain}")

    def auth_headers(self) -> dict[str, str]:
        return {name: value.get_secret_value() for name, value in self.headers.items()}


class _Place(NamedTuple):
    scheme: str
    host: str
    port: int | None


def _place(url: str) -> _Place | None:
    """Where a request to `url` goes; None when that cannot be said for sure."""
    if any(character in url for character in "\\\r\n\t "):
        return None  # clients do not agree on what these mean
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return _Place(parts.scheme, host.rstrip("."), port) if host else None


def _secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _secrets_in(inner)


Credential: TypeAlias = APIKey | OAuth2 | UserPassword | HostScoped
# By the name that references and schemas use.
KINDS: Final[Mapping[str, type[Credential]]] = MappingProxyType(
    {kind.kind: kind for kind in (APIKey, OAuth2, UserPassword, HostScoped)}
)
