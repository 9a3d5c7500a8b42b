"""What may be known of credentials: everything but their secrets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from credentials import integrations
from credentials.errors import UnknownCredential
from credentials.integrations import SystemCredential
from credentials.models import Credential


@dataclass(frozen=True, slots=True)
class Meta:
    id: str
    provider: str
    type: str
    title: str
    scopes: list[str] | None = None
    username: str | None = None
    host: str | None = None
    expires_at: datetime | None = None
    max_concurrency: int | None = None
    problem: str | None = None
    is_system: bool = False


def of_row(row: Credential) -> Meta:
    is_oauth = row.type == Credential.Type.OAUTH2
    return Meta(
        id=str(row.pk),
        provider=row.provider,
        type=row.type,
        title=row.title,
        scopes=list(row.scopes) if is_oauth else None,
        username=row.username or None,
        host=row.host or None,
        expires_at=row.expires_at,
        max_concurrency=row.max_concurrency,
        problem=row.refused or None,
    )


def of_system(one: SystemCredential) -> Meta:
    """Its user name and host are the installation's own business."""
    return Meta(one.id, one.provider, one.type, one.title, max_concurrency=one.max_concurrency, is_system=True)


def of_user(user_id: UUID, provider: str | None = None) -> list[Meta]:
    """The user's own, oldest first, then those of the installation."""
    rows = Credential.objects.of(user_id).defer("sealed").order_by("pk")
    everything = [*map(of_row, rows), *_of_installation()]
    return [meta for meta in everything if provider is None or meta.provider == provider]


def _of_installation() -> Iterator[Meta]:
    return map(of_system, integrations.current().credentials.values())


def find(user_id: UUID, credential_id: object, provider: str | None = None) -> Meta:
    """Raises UnknownCredential."""
    for meta in of_user(user_id, provider):
        if meta.id == str(credential_id):
            return meta
    raise UnknownCredential(credential_id)


class Lookup:
    """The credentials of one user, read at the first question and remembered: for the check of one graph."""

    def __init__(self, user_id: UUID) -> None:
        self._user_id = user_id
        self._known: dict[str, Meta] | None = None

    def get(self, credential_id: str) -> Meta | None:
        if self._known is None:
            self._known = {meta.id: meta for meta in of_user(self._user_id)}
        return self._known.get(credential_id)
