"""The last commit of an attempt: outputs, deliveries and status in one transaction guarded by the claim token."""

import json
import logging
from functools import partial
from typing import Any

from django.utils import timezone

import credentials.services
from blocks.sdk import Calls, Review, Wait
from blocks.sdk.errors import decorate
from columns import encode
from credentials.redaction import redact
from executions import metrics
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.engine import calling, paying, reviewing
from executions.engine.invoke import Outcome
from executions.engine.outbox import Outbox
from executions.engine.routing import Routed
from executions.engine.waking import after_failure, ring, wake_caller, wake_parent
from executions.engine.work import Work
from executions.errors import LostClaim
from executions.models import GraphExecution, NodeExecution
from executions.statements import end_claim
from executions.states import Status, Waits
from executions.values import Emitted

log = logging.getLogger(__name__)


def finish(work: Work, outbox: Outbox, outcome: Outcome) -> Routed:
    """Record how the block ended; what became ready. Raises LostClaim when somebody else has taken over."""
    if outcome.cancelled:
        if not _is_stopping(work):
            if not NodeExecution.objects.held(work.execution.pk, work.token).exists():
                raise LostClaim  # it was taken back, and told to end for that reason
            # a signal that was meant for the task before this one
            raise RuntimeError("the block was interrupted although its run is not being stopped")
        work.stopped = True
        return outbox.close(partial(_commit, work, outbox, Status.TERMINATED, {"error": "Stopped."}, outcome, None))
    if outcome.error is not None:
        return _failed(work, outbox, outcome, outcome.error)
    if isinstance(outcome.wait, Review):
        return _review(work, outbox, outcome, outcome.wait)
    if isinstance(outcome.wait, Calls) and (wrong := calling.problem(work, outcome.wait)):
        return _failed(work, outbox, outcome, ValueError(wrong))
    if outcome.wait is not None:
        return outbox.close(partial(_suspend, work, outbox, outcome))
    return outbox.close(partial(_commit, work, outbox, Status.COMPLETED, {}, outcome, None))


def _is_stopping(work: Work) -> bool:
    runs = GraphExecution.objects.filter(pk__in={work.facts.id, work.facts.root_id})
    return runs.exclude(stop_requested_at=None).exists()


def _failed(work: Work, outbox: Outbox, outcome: Outcome, error: Exception | str) -> Routed:
    execution = work.execution
    text = redact(decorate(work.spec.name, work.spec.id, error))
    if not isinstance(error, ValueError | str):
        log.error("block %s failed: %s", work.spec.name, error, exc_info=error)
    if work.gate.refusal is None and execution.failures + 1 < work.node.retry.attempts:
        return outbox.close(partial(_back_off, work, outbox, outcome, text))
    return outbox.close(partial(_commit, work, outbox, Status.FAILED, {"error": text}, outcome, text))


def unchecked(work: Work, outbox: Outbox) -> Routed:
    """The input check failed just before the block was called: its text is emitted, nothing is paid (spec 2.6)."""
    assert work.problem is not None
    return outbox.close(partial(_commit, work, outbox, Status.COMPLETED, {}, Outcome(), work.problem))


def never_entered(work: Work, outbox: Outbox, why: str) -> Routed:
    """What the block needs could not be had: FAILED, and what was paid is given back (D2)."""
    text = decorate(work.spec.name, work.spec.id, ValueError(why.rstrip(".")))
    work.unused = work.execution.entered_epoch is None
    return outbox.close(partial(_commit, work, outbox, Status.FAILED, {"error": text}, Outcome(), text))


@repeated
def _commit(
    work: Work,
    outbox: Outbox,
    status: Status,
    stats: dict[str, Any],
    outcome: Outcome,
    error: str | None,
    batch: list[Emitted],
) -> Routed:
    crash_point("commit.begun")
    with write():
        measures = _measures(work, outbox, outcome)
        changes = {"status": status, "end_time": timezone.now(), **measures, "stats": measures["stats"] | stats}
        if not end_claim(work.execution.pk, work.token, **changes):  # somebody else has taken over
            raise LostClaim
        crash_point("commit.proved")
        if error is not None:
            batch = [*batch, Emitted("error", error, error, encode(error))]
        routed = outbox.store(batch) if batch else Routed()
        crash_point("commit.routed")
        if errors := [*outbox.errors, *routed.errors]:
            _note(work, {"routing_errors": errors})
        if not work.execution.relayed:
            wake_parent(work.facts)
        wake_caller(work.execution)
        if work.leased:
            credentials.services.release(work.token)
        if work.unused:
            paying.give_back(work)
        if settled := paying.settle(work, outbox, measures["walltime"]):  # the balance is the last lock
            NodeExecution.objects.filter(pk=work.execution.pk).update(**settled)
        crash_point("commit.before_commit")
    _count(work, status, outcome)
    crash_point("commit.after_commit")
    return routed


def _count(work: Work, status: Status, outcome: Outcome) -> None:
    metrics.count(metrics.NODES, status.value)
    if outcome.wall:  # otherwise the block was not called
        metrics.observe(metrics.NODE_SECONDS, work.spec.name, work.execution.walltime + outcome.wall)


def _note(work: Work, more: dict[str, Any]) -> None:
    execution = NodeExecution.objects.get(pk=work.execution.pk)
    execution.stats.update(more)
    NodeExecution.objects.filter(pk=execution.pk).update(stats=execution.stats)
    crash_point("commit.noted")


def _measures(work: Work, outbox: Outbox, outcome: Outcome) -> dict[str, Any]:
    """Statistics of spec 3.10 as columns; earlier steps and attempts of the same execution are added up."""
    execution = work.execution
    stats = {
        **execution.stats,
        "input_size": len(json.dumps(work.data, default=str)),
        "output_size": execution.stats.get("output_size", 0) + outbox.size,
    }
    stats |= {name: stats.get(name, 0) + number for name, number in outcome.usage.items()}
    if work.guesses:
        stats["conversion_warnings"] = list(work.guesses)
    if outbox.diverged:
        stats["replay_diverged"] = True
    return {
        "walltime": execution.walltime + outcome.wall,
        "cputime": execution.cputime + outcome.cpu,
        "extra_cost": execution.extra_cost + outcome.extra_cost,
        "extra_steps": execution.extra_steps + outcome.extra_steps,
        "stats": stats,
    }


@repeated
def _back_off(work: Work, outbox: Outbox, outcome: Outcome, text: str, batch: list[Emitted]) -> Routed:
    """A failure with attempts left: outputs stay, the next attempt is a new epoch and is not paid again (D14, D2)."""
    execution = work.execution
    measures = _measures(work, outbox, outcome)
    waiting = {
        "waits_for": Waits.BACKOFF,
        "wakes_at": after_failure(work.node.retry, execution.failures + 1),
        "failures": execution.failures + 1,
        "state": execution.state if execution.calls else None,  # what it has called is not called once more
        **measures,
        "stats": measures["stats"] | {"last_error": text},
    }
    routed = _let_go(work, outbox, waiting, batch)
    metrics.count(metrics.RETRIES, "block_failed")
    return routed


@repeated
def _suspend(work: Work, outbox: Outbox, outcome: Outcome, batch: list[Emitted]) -> Routed:
    """The block asked to be called again: nobody holds the execution until then."""
    assert isinstance(outcome.wait, Wait | Calls)
    waiting = {"state": dict(outcome.wait.state), "calls": None, **_measures(work, outbox, outcome)}
    if isinstance(outcome.wait, Calls):
        return _let_go(work, outbox, waiting | {"waits_for": Waits.CALLS, "wakes_at": None}, batch, outcome.wait)
    return _let_go(work, outbox, waiting | {"waits_for": Waits.TIMER, "wakes_at": outcome.wait.until}, batch)


def _review(work: Work, outbox: Outbox, outcome: Outcome, question: Review) -> Routed:
    try:
        payload = reviewing.payload_of(question)
    except ValueError as wrong:
        return _failed(work, outbox, outcome, wrong)
    return outbox.close(partial(_ask, work, outbox, outcome, question, payload))


@repeated
def _ask(work: Work, outbox: Outbox, outcome: Outcome, question: Review, payload: Any, batch: list[Emitted]) -> Routed:
    """To REVIEW: nobody holds the execution, and nothing of its run's chord, until a person has decided."""
    execution = work.execution
    crash_point("review.begun")
    with write():
        measures = _measures(work, outbox, outcome)
        held = NodeExecution.objects.held(execution.pk, work.token)
        released = {"claim_token": None, "holder": None, "wake_pending": False}
        if not held.update(
            status=Status.REVIEW,
            epoch=execution.epoch + 1,
            state=dict(question.state),
            calls=None,
            **released,
            **measures,
        ):
            raise LostClaim
        crash_point("review.let_go")
        if work.leased:
            credentials.services.release(work.token)
        review = reviewing.open_review(work, question, payload)
        NodeExecution.objects.filter(pk=execution.pk).update(review=review)
        routed = outbox.store(batch) if batch else Routed()
        crash_point("review.before_commit")
    crash_point("review.after_commit")
    return routed


def _let_go(
    work: Work, outbox: Outbox, waiting: dict[str, Any], batch: list[Emitted], calls: Calls | None = None
) -> Routed:
    """Suspend until `wakes_at`, or until the called nodes have ended; what the next call puts out is a sequence of its
    own (epoch)."""
    execution = work.execution
    crash_point("suspend.begun")
    with write():
        held = NodeExecution.objects.held(execution.pk, work.token)
        if not held.update(claim_token=None, holder=None, epoch=execution.epoch + 1, **waiting):
            raise LostClaim
        crash_point("suspend.let_go")
        if work.leased:
            credentials.services.release(work.token)
        called = []
        if calls is None:
            ring(execution.pk, waiting["wakes_at"])
        else:  # their meeting points are locked before, and with, those that the outputs meet at
            called = calling.place(work, calls.calls)
        routed = outbox.store(batch) if batch else Routed()
        routed.ready += called
        crash_point("suspend.before_commit")
    crash_point("suspend.after_commit")
    work.suspended = True
    return routed
