"""How credentials come, change and go."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

import audit.services
from columns import new_id
from credentials import kinds, leases, opening, sealing
from credentials.errors import CredentialInvalid, OfInstallation, UnknownCredential, Unreadable
from credentials.integrations import SYSTEM
from credentials.metas import Meta, of_row
from credentials.models import Credential
from credentials.opening import Opened

MOST: Final = 1000  # credentials of one user
KEEP: Final[Any] = object()


@transaction.atomic
def create(
    user_id: UUID,
    *,
    provider: str,
    type: str,  # noqa: A002 - the word of the API
    values: Mapping[str, Any],
    title: str = "",
    max_concurrency: int | None = None,
) -> Meta:
    """Raises CredentialInvalid with all that is wrong, NoKeys when nothing can be encrypted here."""
    kept, wrong = kinds.problems(type, values)
    if not 0 < len(provider.strip()) <= 100 or "\x00" in provider:
        wrong["provider"] = "Write 1 to 100 characters, and no NUL."
    _refuse(wrong | _outer(title, max_concurrency))
    if Credential.objects.of(user_id).count() >= MOST:
        raise CredentialInvalid({"provider": f"There are {MOST} credentials already; delete some first."})
    key = new_id()
    row = Credential.objects.create(
        id=key,
        user_id=user_id,
        provider=provider.strip(),
        type=type,
        title=title,
        max_concurrency=max_concurrency,
        sealed=sealing.seal(kept, belongs_to=(user_id, key)),
        **columns(kept),
    )
    return _told("created", row)


@transaction.atomic
def change(
    user_id: UUID,
    credential_id: object,
    *,
    values: Mapping[str, Any] | None = None,
    title: str = KEEP,
    max_concurrency: int | None = KEEP,
) -> Meta:
    """Fields that are left out stay as they are. Nodes that run now keep what they were given."""
    row = _locked(user_id, credential_id)
    changes: dict[str, Any] = {"changed_at": timezone.now()}
    wrong = _outer("" if title is KEEP else title, None if max_concurrency is KEEP else max_concurrency)
    if values:
        kept, of_values = kinds.problems(row.type, _before(row, values) | dict(values))
        wrong |= of_values
        fresh = {"refreshing_by": None, "refreshing_until": None, "refused": ""}
        changes |= columns(kept) | fresh | {"sealed": sealing.seal(kept, belongs_to=(row.user_id, row.pk))}
    _refuse(wrong)
    changes |= {} if title is KEEP else {"title": title}
    changes |= {} if max_concurrency is KEEP else {"max_concurrency": max_concurrency}
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=list(changes))
    return _told("changed", row)


def _before(row: Credential, values: Mapping[str, Any]) -> dict[str, Any]:
    """A new access token does not live as long as the one before."""
    try:
        before = opening.of_row(row).values
    except Unreadable:  # what no key opens can still be replaced as a whole
        before = {}
    timed = ("access_token_expires_at", "lifetime", "expires_at")
    replaced = "access_token" in values or "api_key" in values
    return {name: value for name, value in before.items() if not (replaced and name in timed)}


@dataclass(frozen=True, slots=True)
class Deleted:
    """`in_use`: nothing was deleted, because so many nodes use it. `revoked`: what the provider said, if asked."""

    in_use: int = 0
    revoked: bool | None = None


def delete(user_id: UUID, credential_id: object, *, force: bool = False) -> Deleted:
    """Nodes that run now keep what they were given; with `force` even they do not hold it up."""
    from credentials import oauth

    with transaction.atomic():
        row = _locked(user_id, credential_id)
        using = leases.in_use(row.pk)
        if using and not force:
            return Deleted(in_use=using)
        opened = _opened(row)
        _told("deleted", row)
        row.delete()
    return Deleted(revoked=None if opened is None else oauth.revoke(opened))


def _told(action: str, row: Credential) -> Meta:
    meta = of_row(row)
    detail = {"provider": row.provider, "type": row.type, "owner": str(row.user_id)}
    audit.services.record(f"credential.{action}", subject=row, subject_id=row.pk, detail=detail)
    return meta


def _opened(row: Credential) -> Opened | None:
    if row.type != Credential.Type.OAUTH2:
        return None
    try:
        return opening.of_row(row)
    except Unreadable:
        return None


def _locked(user_id: UUID, credential_id: object) -> Credential:
    if str(credential_id).startswith(SYSTEM):
        raise OfInstallation
    try:
        wanted = UUID(str(credential_id))
    except ValueError:
        raise UnknownCredential(credential_id) from None
    row = Credential.objects.of(user_id).select_for_update(no_key=True).filter(pk=wanted).first()
    if row is None:
        raise UnknownCredential(credential_id)
    return row


def columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """What of the values may be seen, as the columns of the row."""
    expires = values.get("access_token_expires_at") or values.get("expires_at")
    return {
        "username": str(values.get("username", ""))[:320],
        "host": values.get("host", ""),
        "scopes": list(values.get("scopes", [])),
        "expires_at": None if expires is None else datetime.fromisoformat(expires),
    }


def _outer(title: str, max_concurrency: int | None) -> dict[str, str]:
    wrong = {} if len(title) <= 200 and "\x00" not in title else {"title": "At most 200 characters, and no NUL."}
    if max_concurrency is not None and not 1 <= max_concurrency <= 32767:
        wrong["max_concurrency"] = "Write a whole number from 1 to 32767, or null."
    return wrong


def _refuse(wrong: Mapping[str, str]) -> None:
    if wrong:
        raise CredentialInvalid(wrong)
