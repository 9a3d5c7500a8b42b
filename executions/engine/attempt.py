"""One attempt at one node execution: claim, execute, commit (design 3). Knows no Celery and no HTTP."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from django.conf import settings
from django.utils import timezone

import credentials.services
from blocks.sdk import Decision, Effect, Review
from blocks.sdk.values import to_json
from credentials.redaction import redact
from executions import logfields, metrics, poison
from executions.crashpoints import crash_point
from executions.database import release, repeated, write
from executions.engine import bringing, calling, children, finish, injection, limits, reviewing, stop
from executions.engine.claim import Ask, Refusal, Refused, Unpaid, claim
from executions.engine.gates import Gate, approved_for_good
from executions.engine.invoke import Outcome, invoke
from executions.engine.outbox import Outbox
from executions.engine.routing import Routed, unclaimed_successors
from executions.engine.takeback import take_back_one
from executions.engine.unpaid import fail_unpaid
from executions.engine.waking import after_failure, calls_beside, ring, wake_caller
from executions.engine.work import Work
from executions.errors import LostClaim
from executions.facts import facts_of
from executions.models import NodeExecution
from executions.states import Status, Waits
from executions.window import queue_of
from graphs.plan import RetryPolicy

log = logging.getLogger(__name__)

MAYBE_EXECUTED = "It may have been executed: its worker was lost after the block was called, and it must not run twice."
# Errors of the engine itself are tried again whatever the node's own policy says (D15).
ENGINE_RETRY = RetryPolicy(attempts=5, delay=1.0, factor=2.0, most=60.0, jitter=True)


class End(Enum):
    """How an attempt ended, as far as the messages are concerned."""

    DONE = auto()
    STOPPED = auto()  # it was interrupted: its chord has failed, and the run is to be concluded from its rows
    WAITS = auto()  # suspended: its place in the chord is to be kept
    DUPLICATE = auto()  # another message has its place in the chord: a live attempt's, or a newer one
    NOTHING = auto()  # nothing to do, or another attempt has taken over


@dataclass
class Attempted:
    """`ready`: executions to publish; `outside`: whatever the message was, not as members of its chord; `queue`: in
    which a place is free now."""

    end: End
    ready: list[NodeExecution] = field(default_factory=list)
    outside: bool = False
    queue: str = ""


def attempt(ask: Ask, publish: Callable[[list[NodeExecution]], None]) -> Attempted:
    """Run a queued execution. `publish` sends executions that become ready while the block still runs;
    those of the last commit are returned. Blocks may fail, this does not: engine errors are recorded and retried."""
    try:
        work = claim(ask)
        if not isinstance(work, Work):
            return _refused(ask, work)
        logfields.known(**work.log_fields())
        routed = _perform(work, publish)
        limits.count(work.facts, len(routed.ready) + work.refused)
        return Attempted(_end(work), routed.ready, queue=work.spec.workload.value)
    except LostClaim:
        return Attempted(End.NOTHING)
    except SystemExit:
        _put_back(ask)
        raise
    except Exception as bug:
        log.exception("engine error at node execution %s", ask.execution_id)
        _mishap(ask, bug)
        return Attempted(End.WAITS)
    finally:
        release()


def _end(work: Work) -> End:
    if work.stopped:
        return End.STOPPED
    return End.WAITS if work.suspended else End.DONE


def _perform(work: Work, publish: Callable[[list[NodeExecution]], None]) -> Routed:
    with work.files:
        return _performed(work, Outbox(work, publish))


def _performed(work: Work, outbox: Outbox) -> Routed:
    if work.problem is not None:
        return finish.unchecked(work, outbox)
    if (instead := _instead_of_block(work)) is not None:
        return finish.finish(work, outbox, instead)
    if work.is_child_run:
        return children.step(work, outbox)
    if work.execution.calls and calling.wait_on(work):
        return Routed()
    return _call(work, outbox)


def _call(work: Work, outbox: Outbox) -> Routed:
    missing = injection.inject(work) if work.spec.credentials else None
    if missing is not None:
        return finish.never_entered(work, outbox, missing)
    if work.suspended:
        return Routed()
    calling.know_tools(work)
    _enter(work)
    release()  # no connection is held while a block runs
    outcome = invoke(work, outbox)
    crash_point("block.left")
    while isinstance(outcome.wait, Review) and outcome.is_well and approved_for_good(work.facts.id, work.node.id):
        outcome = _approved(work, outbox, outcome, outcome.wait)
    if outcome.lost:
        raise LostClaim
    return finish.finish(work, outbox, outcome)


def _instead_of_block(work: Work) -> Outcome | None:
    """What keeps the block from being called."""
    if work.invalid is not None:
        return Outcome(error=ValueError(work.invalid))
    if work.gate.asks:
        return Outcome(wait=reviewing.question_before(work))
    if work.spec.effect is Effect.AT_MOST_ONCE and work.execution.entered_epoch == work.execution.epoch:
        return Outcome(error=ValueError(MAYBE_EXECUTED))
    try:
        bringing.bring(work)
    except ValueError as wrong:
        work.unused = work.execution.entered_epoch is None
        return Outcome(error=wrong)
    return None


def _approved(work: Work, outbox: Outbox, before: Outcome, question: Review) -> Outcome:
    """Nobody has to be asked: the block is called again at once, with what it would have shown."""
    work.gate = Gate(Decision(approved=True, data=to_json(question.data), message=reviewing.FOR_GOOD))
    work.execution.state = dict(question.state)
    release()
    outcome = invoke(work, outbox)
    outcome.wall, outcome.cpu = before.wall + outcome.wall, before.cpu + outcome.cpu
    return outcome


@repeated
def _enter(work: Work) -> None:
    """From here on the block may have had an effect: its price stays taken, at-most-once means not again (D2)."""
    crash_point("block.before_entry")
    if work.execution.cost or work.spec.effect is Effect.AT_MOST_ONCE:
        held = NodeExecution.objects.held(work.execution.pk, work.token)
        if not held.update(entered_epoch=work.execution.epoch):
            raise LostClaim
    crash_point("block.entered")


def _refused(ask: Ask, refused: Refused | None) -> Attempted:
    if refused is None:
        poison.found("unknown_id", f"there is no node execution {ask.execution_id}.")
        return Attempted(End.NOTHING)
    metrics.count(metrics.REFUSED, refused.why.name.lower())
    queue = queue_of(facts_of(refused.execution.run_id).version_id, refused.execution.node_id)
    if isinstance(refused, Unpaid):
        fail_unpaid(refused.work, refused.reason)
        return Attempted(End.DONE, queue=queue)
    if refused.why in (Refusal.HELD, Refusal.STALE):
        return Attempted(End.DUPLICATE)
    if refused.why is Refusal.FINAL:
        return Attempted(End.DONE, _unclaimed_successors(refused.execution), outside=True, queue=queue)
    return Attempted(End.NOTHING, queue=queue)


def _unclaimed_successors(ended: NodeExecution) -> list[NodeExecution]:
    """A message that came again, perhaps because the process was killed between the commit and the publishing."""
    return [] if ended.end_time is None else unclaimed_successors(ended.run_id, ended.node_id, ended.end_time)


def _put_back(ask: Ask) -> None:
    """The process is told to end while the block runs: the execution goes on elsewhere, under its id.

    A block may have ended its process itself, so this too is counted (D15)."""
    take_back_one(ask.execution_id, ask.token, "its process was told to end", counted=True, publish=False)


@repeated
def _mishap(ask: Ask, bug: Exception) -> None:
    """An error of the engine: back off and try again, PETIOLE_MAX_ATTEMPTS times, then FAILED with its cause."""
    execution_id = ask.execution_id
    of_dispatch = NodeExecution.objects.filter(pk=execution_id, dispatch=ask.dispatch)
    mine = of_dispatch.filter(status=Status.QUEUED) | of_dispatch.filter(claim_token=ask.token)
    with write():
        execution = mine.first()
        if execution is None:
            return
        now = timezone.now()
        error = redact(f"engine error: {type(bug).__name__}: {bug}")
        credentials.services.release(ask.token)
        if execution.mishaps + 1 >= settings.MAX_ATTEMPTS:
            mine.update(start_time=execution.start_time or now)
            calls_beside(execution)  # locks the caller before what was paid is given back
            stop.end(mine, Status.FAILED, error)
            wake_caller(execution)
            return
        due = after_failure(ENGINE_RETRY, execution.mishaps + 1)
        metrics.after_commit(metrics.RETRIES, "engine_error")
        mine.update(
            status=Status.RUNNING,
            start_time=execution.start_time or now,
            claim_token=None,
            holder=None,
            waits_for=Waits.BACKOFF,
            wakes_at=due,
            mishaps=execution.mishaps + 1,
            stats=execution.stats | {"last_error": error},
        )
        ring(execution_id, due)
        crash_point("mishap.before_commit")
    crash_point("mishap.after_commit")
