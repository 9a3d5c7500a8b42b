"""Credentials at the last moment: taken when everything else is ready for the block, given up with the claim (spec 5).

What cannot be had now is waited for without a worker; what can never be had fails the node before its block is
entered, so that nothing is paid (D2)."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pydantic
from django.conf import settings
from django.utils import timezone

import credentials.services
from blocks.sdk import Credential
from blocks.sdk.credentials import KINDS
from blocks.sdk.spec import CredentialsField
from credentials.errors import Busy, CredentialsError, ProviderAway, Unusable
from credentials.redaction import remember
from credentials.services import Opened
from executions.crashpoints import crash_point
from executions.database import release, repeated, write
from executions.engine.waking import ring
from executions.engine.work import Work
from executions.errors import LostClaim
from executions.models import NodeExecution
from executions.states import Waits

REQUIRED: Final = "These credentials are required"
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0


def inject(work: Work) -> str | None:
    """Puts what the block is to receive into the work. A text: why that is impossible.

    When the credential cannot be had now the execution is suspended (`work.suspended`)."""
    try:
        wanted = _references(work)
        opened = _taken(work, set(wanted.values()))
        release()  # the provider may have to be asked for a fresh token
        fresh = {key: credentials.services.freshened(one, work.token, again=repeated) for key, one in opened.items()}
        work.injected = {name: _typed(fresh[key], work.spec.credentials[name]) for name, key in wanted.items()}
    except (Busy, ProviderAway) as busy:
        failures = work.execution.stats.get("provider_failures", 0) + isinstance(busy, ProviderAway)
        if failures >= settings.MAX_ATTEMPTS:
            return f"{busy} It was asked {failures} times."
        _postpone(work, str(busy), failures)
    except CredentialsError as refused:
        return str(refused)
    return None


def _references(work: Work) -> dict[str, str]:
    """Field → id of the credential. Raises Unusable."""
    found: dict[str, str] = {}
    for name, field in work.spec.credentials.items():
        given = work.data.get(name)
        if given is None or given == {}:
            if field.required:
                raise Unusable(f"{name}: {REQUIRED}")
        elif isinstance(given, Mapping) and isinstance(given.get("id"), str):
            found[name] = given["id"]
        else:
            raise Unusable(f"{name}: Invalid credentials: use an object with id, provider and type")
    return found


@repeated
def _taken(work: Work, ids: set[str]) -> dict[str, Opened]:
    if not ids:
        return {}
    crash_point("lease.begun")
    with write():
        taken = credentials.services.take(
            work.facts.user_id, ids, owner=work.token, node_execution_id=work.execution.pk
        )
        crash_point("lease.before_commit")
    work.leased = True
    crash_point("lease.taken")
    return taken


def _typed(one: Opened, field: CredentialsField) -> Credential:
    """As the block declares it. Raises Unusable: since the check before the run, anything may have changed."""
    if one.type not in field.types or one.provider not in field.providers:
        raise Unusable(f"{field.name}: Invalid credentials: type/provider mismatch")
    expires = one.values.get("expires_at")
    if expires is not None and datetime.fromisoformat(expires) <= datetime.now(UTC):
        raise Unusable(f"The credential {one.title!r} expired on {expires[:10]}. Store a new key.")
    about = {"id": one.id, "provider": one.provider, "title": one.title}
    try:
        typed = KINDS[one.type].model_validate({**one.values, **about})
    except pydantic.ValidationError:
        raise Unusable(f"The credential {one.title!r} cannot be used. Store it again.") from None
    remember(typed.secrets())  # also in the spelling in which a request carries them
    return typed


@repeated
def _postpone(work: Work, why: str, failures: int) -> None:
    """Nobody holds the execution until then. Its block was not entered: it stays in its epoch, and what was paid
    stays taken for the next try."""
    execution = work.execution
    waits = execution.stats.get("credential_waits", 0) + 1
    due = timezone.now() + _pause(waits)
    stats: dict[str, Any] = execution.stats | {"credential_waits": waits, "last_error": why}
    if failures:
        stats["provider_failures"] = failures
    crash_point("postpone.begun")
    with write():
        held = NodeExecution.objects.held(execution.pk, work.token)
        if not held.update(claim_token=None, holder=None, waits_for=Waits.LEASE, wakes_at=due, stats=stats):
            raise LostClaim
        credentials.services.release(work.token)
        ring(execution.pk, due)
        crash_point("postpone.before_commit")
    crash_point("postpone.after_commit")
    work.suspended = True


def _pause(waits: int) -> timedelta:
    """Longer with each try, and different for each of many that wait for the same."""
    return timedelta(seconds=min(LONGEST_PAUSE, FIRST_PAUSE * 1.5 ** (waits - 1)) * random.uniform(0.6, 1.4))
