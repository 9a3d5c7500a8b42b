"""Asks a person about a node execution, and lets it go on when the answer is there (spec 3.8, D31).

A decision locks the run, like everything that changes its status. What it decides is requeued under a new dispatch
number by compare-and-set, so no two decisions make a node go on twice, and what was paid is not paid again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from blocks.sdk import Review as Question
from blocks.sdk.values import to_json
from columns import encode
from executions import hints
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.engine.work import Work
from executions.errors import DecisionRefused, NotReviewable, ReviewNotFound
from executions.models import GraphExecution, NodeExecution, Review, StandingApproval
from executions.states import Status, Verdict
from executions.wording import name_of
from notifications import services as notifications

STOPPED: Final = "The run was stopped before anybody decided."
FOR_GOOD: Final = "Approved for the rest of the run."


@dataclass(frozen=True)
class Answer:
    """What a person says to the question of one node execution. `edited`: `data` takes the place of the payload."""

    node_execution_id: UUID
    approved: bool
    message: str | None = None
    edited: bool = False
    data: Any = None
    for_good: bool = False

    @property
    def verdict(self) -> Verdict:
        return Verdict.APPROVED if self.approved else Verdict.REJECTED


# -- Asking


def payload_of(question: Question) -> Any:
    """Raises ValueError for what is too much to be shown, and for a name that no database keeps."""
    if "\0" in question.name:
        raise ValueError("the name of a review contains the character U+0000, which cannot be stored: leave it out")
    try:
        question.name.encode()
    except UnicodeEncodeError:
        raise ValueError("the name of a review contains half of a surrogate pair, which is no character") from None
    plain = to_json(question.data)
    if (size := len(encode(plain))) > settings.MAX_OUTPUT_BYTES:
        most = settings.MAX_OUTPUT_BYTES
        raise ValueError(f"a review of {size} bytes; at most {most} are allowed (PETIOLE_MAX_OUTPUT_BYTES)")
    return plain


def question_before(work: Work) -> Question:
    """The one about a sensitive action: the whole input of its block."""
    return Question(work.data, name=f"May “{name_of(work.node.block_id, work.node.metadata)}” run with this input?")


def open_review(work: Work, question: Question, payload: Any) -> Review:
    """Needs the transaction in which the node goes to REVIEW, and may be repeated with it."""
    execution, facts = work.execution, work.facts
    review = Review.objects.create(
        node_execution_id=execution.pk,
        number=Review.objects.filter(node_execution_id=execution.pk).count(),
        run_id=facts.id,
        user_id=facts.user_id,
        sensitive=work.gate.asks,
        payload=payload,
        instructions=question.name,
        editable=question.editable,
    )
    crash_point("review.opened")
    notice = {
        "agent_name": facts.plan.name,
        "graph_id": str(facts.plan.graph_id),
        "graph_exec_id": str(facts.id),
        "node_exec_id": str(execution.pk),
        "instructions": question.name,
    }
    # one notice for a node, however often it asks in the run
    notifications.record(facts.user_id, "REVIEW_REQUESTED", notice, key=f"review:{facts.id}:{work.node.id}")
    return review


def withdraw(run_id: UUID) -> None:
    """The run is being stopped: nobody has to decide any more, and a retry asks anew. Needs the stop's transaction."""
    waiting = Review.objects.of_run(run_id).waiting()
    NodeExecution.objects.filter(run_id=run_id, review_id__in=waiting.values("pk")).update(review_id=None)
    crash_point("review.withdrawing")
    waiting.decides(Verdict.REJECTED, timezone.now(), message=STOPPED)


# -- Deciding


@repeated
def decide(run_id: UUID, answers: Iterable[Answer]) -> None:
    """All of the answers or none. To say the same again is no error.

    Raises ReviewNotFound (404), NotReviewable (409), DecisionRefused (400)."""
    given = {answer.node_execution_id: answer for answer in answers}
    crash_point("decide.begun")
    with write():
        run = GraphExecution.objects.select_for_update(no_key=True).filter(pk=run_id).first()
        if run is None:
            raise ReviewNotFound(run_id)
        crash_point("decide.locked")
        reviews = _asked(run, given)
        fresh = [review for review in reviews if not _is_repeated(review, given[review.node_execution_id])]
        if not fresh:
            return
        if run.status not in {Status.RUNNING, Status.REVIEW} or run.stop_requested_at is not None:
            raise NotReviewable(run)
        for review in fresh:
            _record(run, review, given[review.node_execution_id])
        crash_point("decide.recorded")
        _go_on(run, [review.node_execution_id for review in fresh])
        crash_point("decide.before_commit")
    crash_point("decide.after_commit")


def _asked(run: GraphExecution, given: Mapping[UUID, Answer]) -> list[Review]:
    """The last question of each node execution."""
    rows = Review.objects.of_run(run.pk).filter(node_execution_id__in=given).order_by("number")
    last = {review.node_execution_id: review for review in rows.select_related("node_execution")}
    for node_execution_id in given:
        if node_execution_id not in last:
            raise ReviewNotFound(node_execution_id)
    return list(last.values())


def _is_repeated(review: Review, answer: Answer) -> bool:
    """Raises DecisionRefused when it was decided differently, or may not be decided like this."""
    if review.status == Verdict.WAITING:
        _check(review, answer)
        return False
    same_data = not answer.edited or answer.data == review.decided_data
    if review.status != answer.verdict or not same_data:
        raise DecisionRefused(review.node_execution_id, f"it was {review.status} already, and stays so")
    return True


def _check(review: Review, answer: Answer) -> None:
    if not answer.edited or answer.data == review.payload:
        return
    if not review.editable:
        raise DecisionRefused(review.node_execution_id, "its data may not be edited: leave reviewed_data out")
    if answer.for_good:
        raise DecisionRefused(review.node_execution_id, "reviewed_data and auto_approve_future exclude each other")
    if review.sensitive and not isinstance(answer.data, dict):
        raise DecisionRefused(review.node_execution_id, "its data is the input of a block: send an object")


def _record(run: GraphExecution, review: Review, answer: Answer) -> None:
    edited = answer.edited and answer.data != review.payload
    decided = Review.objects.filter(pk=review.pk).decides(
        answer.verdict,
        timezone.now(),
        message=answer.message,
        was_edited=edited,
        reviewed_data=answer.data if edited else None,
    )
    crash_point("decide.one_recorded")
    if not decided:
        raise NotReviewable(run)
    if answer.for_good and answer.approved:
        approval = StandingApproval(run_id=run.pk, node_id=review.node_execution.node_id)
        StandingApproval.objects.bulk_create([approval], ignore_conflicts=True)


def _go_on(run: GraphExecution, node_execution_ids: list[UUID]) -> None:
    """What a pause holds back is published when the run is resumed."""
    paused = run.paused_at is not None
    decided = NodeExecution.objects.filter(pk__in=node_execution_ids, status=Status.REVIEW)
    decided.requeue(timezone.now(), never_published=paused)
    crash_point("decide.requeued")
    GraphExecution.objects.filter(pk=run.pk, status=Status.REVIEW).moves_to(Status.RUNNING)
    if not paused:
        transaction.on_commit(partial(hints.publish_ids, node_execution_ids))
