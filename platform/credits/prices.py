"""Prices that an administrator has set: they replace and extend what the blocks say, without a deployment.

A price is never changed: setting one ends the one before it, and both stay to be read. Every process that charges reads
the prices that hold at most STALE_SECONDS after they were set."""

import hashlib
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from audit import services as audit
from credits.errors import AmountRefused, PriceMoved
from credits.models import Price

STALE_SECONDS: Final = 5.0
# A price is paid at once, again and again: more than this is a typing error.
DEAREST: Final = 10**9


@dataclass(frozen=True)
class Override:
    """One price that holds now."""

    id: UUID
    amount: int
    type: str
    filter: Mapping[str, Any]
    platform: bool


@dataclass(frozen=True)
class _Table:
    read_at: float
    by_block: Mapping[str, tuple[Override, ...]]


_reading = threading.Lock()
_table: _Table | None = None


def overrides() -> Mapping[str, tuple[Override, ...]]:
    """Block id → the prices that were set for it, read from the database every few seconds."""
    global _table  # noqa: PLW0603  one table for the process
    known = _table
    if known is None or time.monotonic() - known.read_at > STALE_SECONDS:
        with _reading:
            if _table is known:  # nobody read it meanwhile
                _table = _Table(time.monotonic(), _read())
            known = _table or known
    assert known is not None
    return known.by_block


def forget() -> None:
    """The next question reads the database."""
    global _table  # noqa: PLW0603  one table for the process
    _table = None


def _read() -> dict[str, tuple[Override, ...]]:
    by_block: dict[str, tuple[Override, ...]] = {}
    for row in Price.objects.current().order_by("since", "id"):
        one = Override(row.pk, row.amount, row.type, row.filter, row.platform)
        by_block[row.block_id] = (*by_block.get(row.block_id, ()), one)
    return by_block


def set_price(
    *,
    block_id: str,
    amount: int,
    type: str = Price.Type.RUN,  # noqa: A002
    filter: Mapping[str, Any] | None = None,  # noqa: A002
    platform: bool = False,
    reason: str,
    by: UUID | None = None,
) -> Price:
    """From now on this price holds; the one before it for the same input ends. Nothing that was charged changes."""
    if not 0 <= amount <= DEAREST:
        raise AmountRefused(f"A price must be from 0 to {DEAREST} credits.")
    now, wanted = timezone.now(), dict(filter or {})
    price = Price(block_id=block_id, amount=amount, type=type, filter=wanted, platform=platform, since=now)
    price.key, price.reason, price.set_by_id = key_of(wanted, platform=platform), reason, by
    try:
        with transaction.atomic():
            before = Price.objects.current().filter(block_id=block_id, key=price.key)
            before.update(until=now, ended_by=by, ended_reason=f"replaced: {reason}")
            price.save(force_insert=True)
            audit.record("price.set", subject=price, subject_id=price.pk, detail={"filter": wanted, "reason": reason})
            transaction.on_commit(forget)
    except IntegrityError:
        raise PriceMoved("Somebody else has just set this price: look at it and try again.") from None
    return price


def end_price(price_id: UUID, *, reason: str, by: UUID | None = None) -> bool:
    """What the block itself says holds again; False when the price had ended before."""
    with transaction.atomic():
        ended = Price.objects.current().filter(pk=price_id)
        changed = bool(ended.update(until=timezone.now(), ended_by=by, ended_reason=reason))
        if changed:
            audit.record("price.ended", subject_id=price_id, detail={"reason": reason})
        transaction.on_commit(forget)
    return changed


def key_of(wanted: Mapping[str, Any], *, platform: bool) -> str:
    """The same for filters that ask for the same."""
    text = json.dumps([_plain(wanted), platform], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Null, empty, 0 and false are one and the same in a filter."""
    if not value:
        return None
    return {name: _plain(inner) for name, inner in value.items()} if isinstance(value, Mapping) else value
