"""Ends a run when nothing is outstanding. Looks at rows, never at results; may be asked at any time, and again.

The end is a column (`epilogue`) that moves forward by compare-and-set: moderate → finish → summarise → notify → done.
Only `finish` writes the final status. Each step publishes the next; a step that is switched off is passed in the same
transaction. The steps around it: engine.moderating, engine.epilogue."""

from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

import credits.services
from executions import hints, logfields, metrics, moderation, summaries
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.engine import reviewing
from executions.engine.admission import admit_next
from executions.engine.statistics import statistics
from executions.engine.steps import after_the_end, ask_for, moderates, standing_at
from executions.engine.stop import STOPPED, end
from executions.engine.waking import wake_parent
from executions.facts import facts_of
from executions.files import stored
from executions.models import GraphExecution, NodeExecution
from executions.statements import lock_run, move_run, outstanding_of
from executions.states import Moderation, Status, Step
from notifications import services as notifications


@repeated
def conclude(run_id: UUID) -> bool | None:
    """True when the run has ended by this call or before it; None when there is no such run."""
    crash_point("conclude.begun")
    with logfields.about(run=run_id), write():
        run = lock_run(run_id)
        crash_point("conclude.locked")
        if run is None:
            return None
        if run.is_final:
            return True
        if run.stop_requested_at is None and run.status != Status.RUNNING:
            return False
        if _outstanding(run):
            # The chord was the hint that all is done, and it was wrong: from now on the executions ask themselves.
            GraphExecution.objects.filter(pk=run_id).update(chord_id=None)
            crash_point("conclude.refused")
            return False
        if moderates(run):
            _ask_for_moderation(run)
            return False
        crash_point("finish.begun")
        finish_run(run)
        crash_point("finish.before_commit")
    crash_point("finish.after_commit")
    return True


@repeated
def conclude_if_idle(run_id: UUID) -> None:
    """Asked by an execution outside the chord when it has ended: the cheap question first."""
    if not NodeExecution.objects.filter(run_id=run_id).outstanding().exists():
        conclude(run_id)


def _outstanding(run: GraphExecution) -> bool:
    """Read in a second statement, after the run's row is locked: what was committed before is seen."""
    if run.stop_requested_at is not None:
        status = Status.TERMINATED if run.failure is None else Status.FAILED
        closable = NodeExecution.objects.filter(run_id=run.pk).closable()
        end(closable, status, run.failure or STOPPED)
        reviewing.withdraw(run.pk)
        crash_point("conclude.closed")
    outstanding = outstanding_of(run.pk)
    if outstanding.nodes:
        return True
    if run.stop_requested_at is None and outstanding.reviews:
        move_run(run.pk, Status.REVIEW)
        return True
    return outstanding.runs


def _ask_for_moderation(run: GraphExecution) -> None:
    standing = GraphExecution.objects.filter(pk=run.pk, epilogue=Step.NONE)
    if standing.update(**standing_at(Step.MODERATE, timezone.now())):
        ask_for(run.pk)
    crash_point("conclude.moderates")


def finish_run(run: GraphExecution) -> None:
    """The final status with its statistics; the parent hears of it, the user's next run is admitted."""
    now = timezone.now()
    status = Status.COMPLETED if run.stop_requested_at is None else Status.TERMINATED
    if run.failure is not None:
        status = Status.FAILED
    facts = facts_of(run.pk)
    logfields.known(user=run.user_id, graph=facts.plan.graph_id)
    wake_parent(facts)
    crash_point("finish.parent_woken")
    stats = statistics(run, ended=now)
    tier = _settle_tiers(run, stats.claimed)
    crash_point("finish.settled")
    following = after_the_end(run, status)
    told = summaries.with_sentence(run, status, stats.as_json(extra_cost=tier))
    ended = {"ended_at": now, "stats": told, "moderation": _hidden(run), **standing_at(following, now)}
    move_run(run.pk, status, **ended, chord_id=None, paused_at=None)
    crash_point("finish.moved")
    metrics.after_commit(metrics.RUNS, status.value)
    if run.parent_id is not None and run.stop_requested_at is not None:
        transaction.on_commit(partial(hints.send().conclude, run.parent_id))  # it may wait for nothing else
    if following is not Step.DONE:
        ask_for(run.pk)
    transaction.on_commit(partial(admit_next, run.user_id))
    if status == Status.COMPLETED:  # a retry needs the files that what has completed passes on
        stored.remove_with_the_end(run.pk)


def _hidden(run: GraphExecution) -> str:
    """What has not been judged stays hidden, unless moderation was switched off meanwhile."""
    forgotten = run.moderation == Moderation.PENDING and not moderation.enabled()
    return Moderation.NONE if forgotten else run.moderation


def _settle_tiers(run: GraphExecution, executions: int) -> int:
    """The surcharge for every hundredth execution of the user (D23); it may take the balance below the threshold.

    Of a run that ends again only what is new is counted; its cost is all that was taken."""
    graph_id = facts_of(run.pk).plan.graph_id
    taken = credits.services.settle_tiers(run.user_id, run.pk, executions=executions, graph_id=graph_id)
    if taken:
        metrics.after_commit(metrics.CHARGES, "tier")
        metrics.after_commit(metrics.CREDITS, "tier", taken)
    if taken and credits.services.crossed_low(left := credits.services.balance(run.user_id), taken):
        notifications.record(run.user_id, "LOW_BALANCE", {"current_balance": left}, key=f"low:{run.pk}")
    return credits.services.surcharges_of(run.pk) if run.retries else taken
