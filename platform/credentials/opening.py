"""A credential with its secrets, for the moment in which a node uses it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from credentials import integrations, redaction, sealing
from credentials.errors import UnknownCredential
from credentials.integrations import SYSTEM
from credentials.kinds import KINDS
from credentials.models import Credential


@dataclass(frozen=True, slots=True)
class Opened:
    """`values`: the fields of its type, secrets among them. `row`: what is stored; none of the installation's own."""

    id: str
    provider: str
    type: str
    title: str
    max_concurrency: int | None
    values: Mapping[str, Any] = field(repr=False)
    row: Credential | None = field(default=None, repr=False)


def find(user_id: UUID, credential_id: str) -> Opened:
    """Raises UnknownCredential, and Unreadable when no key opens it. Its secrets are struck out of logs from now on."""
    if credential_id.startswith(SYSTEM):
        return _of_installation(credential_id)
    try:
        wanted = UUID(credential_id)
    except ValueError:
        raise UnknownCredential(credential_id) from None
    row = Credential.objects.of(user_id).filter(pk=wanted).first()
    if row is None:
        raise UnknownCredential(credential_id)
    return of_row(row)


def of_row(row: Credential) -> Opened:
    values = sealing.unseal(row.sealed, belongs_to=(row.user_id, row.pk))
    redaction.remember(secrets_in(row.type, values))
    return Opened(str(row.pk), row.provider, row.type, str(row), row.max_concurrency, values, row)


def _of_installation(credential_id: str) -> Opened:
    one = integrations.current().credentials.get(credential_id)
    if one is None:
        raise UnknownCredential(credential_id)
    redaction.remember(secrets_in(one.type, one.values))
    return Opened(one.id, one.provider, one.type, one.title, one.max_concurrency, one.values)


def secrets_in(type_: str, values: Mapping[str, Any]) -> Iterator[str]:
    for name in KINDS[type_].secrets & values.keys():
        value = values[name]
        yield from value.values() if isinstance(value, dict) else [str(value)]
