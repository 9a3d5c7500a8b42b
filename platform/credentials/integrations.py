"""The file that PETIOLE_INTEGRATIONS names: credentials of the installation itself, and providers to log in at.

It is read again when it changes, so that a secret can be replaced without a restart."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from credentials import kinds
from credentials.errors import IntegrationsInvalid

SYSTEM: Final = "system:"
_METHODS: Final = ("client_secret_basic", "client_secret_post", "none")


@dataclass(frozen=True)
class SystemCredential:
    """A credential that everybody may use. Its id never changes: prices name it."""

    id: str
    provider: str
    type: str
    title: str
    max_concurrency: int | None
    values: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Provider:
    """Where users log in, and what this installation is called there."""

    name: str
    client_id: str
    authorize_url: str
    token_url: str
    redirect_url: str
    client_secret: str = field(default="", repr=False)
    revoke_url: str = ""
    scopes: tuple[str, ...] = ()
    auth_method: str = "client_secret_basic"


@dataclass(frozen=True)
class Integrations:
    credentials: Mapping[str, SystemCredential] = field(default_factory=dict)
    providers: Mapping[str, Provider] = field(default_factory=dict)


def current() -> Integrations:
    """Raises IntegrationsInvalid."""
    file: Path | None = settings.INTEGRATIONS
    if file is None:
        return Integrations()
    try:
        return _read(file, file.stat().st_mtime_ns)
    except OSError as wrong:
        raise IntegrationsInvalid(f"PETIOLE_INTEGRATIONS: {file} cannot be read: {wrong.strerror}.") from None


@lru_cache(maxsize=2)
def _read(file: Path, changed: int) -> Integrations:
    try:
        content = json.loads(file.read_text("utf-8"))
    except ValueError:  # the decoder's own words would quote the file
        raise IntegrationsInvalid(f"PETIOLE_INTEGRATIONS: {file} is not JSON.") from None
    credentials, oauth = (_part(content, file, name) for name in ("credentials", "oauth"))
    return Integrations(
        {SYSTEM + name: _credential(name, entry, f"{file}: credentials.{name}") for name, entry in credentials.items()},
        {name: _provider(name, entry, f"{file}: oauth.{name}") for name, entry in oauth.items()},
    )


def _part(content: Any, file: Path, name: str) -> Mapping[str, Mapping[str, Any]]:
    unknown = set(content) - {"credentials", "oauth"} if isinstance(content, dict) else {"?"}
    part = content.get(name, {}) if not unknown else None
    if not isinstance(part, dict) or not all(isinstance(entry, dict) for entry in part.values()):
        raise IntegrationsInvalid(
            f'PETIOLE_INTEGRATIONS: {file} must be {{"credentials": {{name: {{…}}}}, "oauth": {{name: {{…}}}}}}.'
        )
    return part


def _credential(name: str, entry: Mapping[str, Any], place: str) -> SystemCredential:
    told = ("type", "provider", "title", "max_concurrency")
    values, wrong = kinds.problems(entry.get("type"), {key: value for key, value in entry.items() if key not in told})
    most = entry.get("max_concurrency")
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= 32767):
        wrong["max_concurrency"] = "Write a whole number from 1 to 32767."
    if len(name) > 100:
        wrong["name"] = "At most 100 characters."
    if wrong:
        raise IntegrationsInvalid(f"{place}: {'; '.join(f'{key}: {text}' for key, text in wrong.items())}")
    provider = str(entry.get("provider") or name)
    title = str(entry.get("title") or f"{provider} (of this installation)")
    return SystemCredential(SYSTEM + name, provider, entry["type"], title, most, values)


def _provider(name: str, entry: Mapping[str, Any], place: str) -> Provider:
    texts = ("client_id", "client_secret", "authorize_url", "token_url", "redirect_url", "revoke_url", "auth_method")
    wrong = [f"{key}: there is no such setting" for key in entry if key not in (*texts, "scopes")]
    wrong += [f"{key}: write a text" for key in texts if not isinstance(entry.get(key, ""), str)]
    wrong += [f"{key}: is required" for key in texts[:1] + texts[2:5] if not entry.get(key)]
    wrong += [f"{key}: write an http(s) URL" for key in texts if key.endswith("_url") and not _is_url(entry.get(key))]
    if entry.get("auth_method", _METHODS[0]) not in _METHODS:
        wrong.append(f"auth_method: write one of {', '.join(_METHODS)}")
    scopes = entry.get("scopes", [])
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        wrong.append("scopes: write a list of texts")
    if wrong:
        raise IntegrationsInvalid(f"{place}: {'; '.join(wrong)}.")
    return Provider(name=name, scopes=tuple(scopes), **{key: entry[key] for key in texts if key in entry})


def _is_url(value: Any) -> bool:
    return not value or (isinstance(value, str) and urlsplit(value).scheme in {"http", "https"})
