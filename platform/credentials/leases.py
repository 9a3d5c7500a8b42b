"""Who uses a credential now. Nodes share it; `max_concurrency` says how many at once.

A lease names the claim of its node (`owner`). It is released with the claim; what a lost node leaves behind is found
by the sweep, which knows the claims that stand."""

import random
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from credentials import opening
from credentials.errors import Busy
from credentials.models import Credential, Lease
from credentials.opening import Opened

_TRIES: Final = 8  # of several who take a slot at the same moment each finds another one soon
YOUNG: Final = timedelta(seconds=2)


def take(user_id: UUID, ids: Iterable[str], *, owner: UUID, node_execution_id: UUID) -> dict[str, Opened]:
    """A lease on each of the credentials, or none at all. Needs a transaction; again by the same owner is harmless.

    Raises Busy, UnknownCredential or Unreadable."""
    opened: dict[str, Opened] = {}
    for credential_id in sorted(set(ids)):  # in one order everywhere: nobody waits for somebody who waits for him
        one = opened[credential_id] = opening.find(user_id, credential_id)
        if one.row is not None and is_refreshed_by_another(one.row, owner):
            raise Busy(f"The credential {one.title!r} is being refreshed.")
        _lease(one, owner, node_execution_id)
    return opened


def is_refreshed_by_another(row: Credential, owner: UUID) -> bool:
    until = row.refreshing_until
    return until is not None and until > timezone.now() and row.refreshing_by != owner


def _lease(one: Opened, owner: UUID, node_execution_id: UUID) -> None:
    if Lease.objects.filter(credential=one.id, owner=owner).exists():
        return
    lease = {"credential": one.id, "owner": owner, "node_execution_id": node_execution_id}
    if one.max_concurrency is None:
        Lease.objects.create(**lease)
        return
    taken = list(Lease.objects.filter(credential=one.id).values_list("slot", flat=True))
    free = sorted(set(range(one.max_concurrency)) - set(taken))
    random.shuffle(free)
    for slot in free[:_TRIES] if len(taken) < one.max_concurrency else ():
        try:
            with transaction.atomic():
                Lease.objects.create(slot=slot, **lease)
        except IntegrityError:
            continue
        return
    raise Busy(f"The credential {one.title!r} is in use; {len(taken)} of {one.max_concurrency} allowed uses are taken.")


def release(owner: UUID) -> None:
    """The claim has ended, or is given up."""
    Lease.objects.filter(owner=owner).delete()
    Credential.objects.filter(refreshing_by=owner).update(refreshing_by=None, refreshing_until=None)


def in_use(credential_id: object) -> int:
    return Lease.objects.filter(credential=str(credential_id)).count()


def held(before: datetime | None = None) -> list[tuple[UUID, UUID]]:
    """(owner, node execution) of the leases, but the youngest: their claims may not have been written down yet."""
    old = Lease.objects.filter(taken_at__lt=before or timezone.now() - YOUNG)
    return list(old.values_list("owner", "node_execution_id").distinct()[:1000])


def release_all(owners: Collection[UUID]) -> None:
    for owner in owners:
        release(owner)
