"""What can go wrong with runs, in the words an API client reads."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

from executions.states import Status

if TYPE_CHECKING:
    from executions.models import GraphExecution


class ExecutionError(Exception):
    """The request about a run was refused."""

    status = HTTPStatus.CONFLICT
    code = "execution_error"
    hint = ""


class RunNotFound(ExecutionError):
    status = HTTPStatus.NOT_FOUND
    code = "run_not_found"
    hint = "List the runs of the graph to see which there are."

    def __init__(self, run_id: UUID | str) -> None:
        super().__init__(f"There is no run {run_id}.")


class NoCredits(ExecutionError):
    """Every way to start a run asks for a balance above zero (D17)."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "no_credits"
    hint = "Add credits, then start the run again."

    def __init__(self, balance: int) -> None:
        super().__init__(f"The balance is {balance} credits: no credits are left to start a run.")


class BudgetRefused(ExecutionError):
    status = HTTPStatus.BAD_REQUEST
    code = "budget_refused"
    hint = "Give a number of credits from 0, or leave max_cost out."

    def __init__(self, amount: object) -> None:
        super().__init__(f"max_cost cannot be {amount!r}.")


class OverBudget(ExecutionError):
    """The next execution could cost more than is left of the run's budget."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "over_budget"
    hint = "Start it with a higher max_cost."

    def __init__(self, *, most: int, spent: int, price: int | None, block: str) -> None:
        asked = "is paid by what it uses" if price is None else f"costs {price}"
        super().__init__(
            f"The budget of this run is used up: {spent} of {most} credits (max_cost) are spent, and {block} {asked}."
        )


class TooManyStarts(ExecutionError):
    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_starts"
    hint = "Wait for as many seconds as Retry-After says."

    def __init__(self, *, limit: int, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"More than {limit} runs were started within a minute.")


class TooDeep(ExecutionError):
    status = HTTPStatus.BAD_REQUEST
    code = "too_deep"
    hint = "Look for a sub-graph that starts itself, or raise PETIOLE_MAX_DEPTH."

    def __init__(self, limit: int) -> None:
        super().__init__(f"Sub-graphs are nested more than {limit} deep.")


class Stopping(ExecutionError):
    code = "stopping"

    def __init__(self) -> None:
        super().__init__("The run is being stopped: nothing new is started for it.")


class RunBelow(ExecutionError):
    """Retries and pauses are of whole trees."""

    code = "run_below"

    def __init__(self, run_id: UUID, root_id: UUID) -> None:
        self.hint = f"Ask the same of the run {root_id}."
        super().__init__(f"Run {run_id} was started by another run; the topmost one is {root_id}.")


class NotRetryable(ExecutionError):
    code = "not_retryable"
    hint = "Only a run that ended FAILED or TERMINATED can be retried."

    def __init__(self, run_id: UUID, status: str) -> None:
        ended = "it has completed" if status == Status.COMPLETED else f"it has not ended, it is {status}"
        super().__init__(f"Run {run_id} cannot be retried: {ended}.")


class NotPausable(ExecutionError):
    code = "not_pausable"
    hint = "Only a run that goes on can be paused and resumed."

    def __init__(self, run_id: UUID, reason: str) -> None:
        super().__init__(f"Run {run_id} cannot be paused or resumed: {reason}.")


class EngineFailure(Exception):
    """The engine could not keep what a block put out; the block is not to blame."""


class LostClaim(Exception):
    """Another attempt or a stop has taken the node execution over; this attempt may not write any more."""


class ReviewNotFound(ExecutionError):
    status = HTTPStatus.NOT_FOUND
    code = "review_not_found"
    hint = "List the pending reviews to see which there are."

    def __init__(self, node_execution_id: UUID | str) -> None:
        super().__init__(f"Nobody was asked about a node execution {node_execution_id}.")


class NotReviewable(ExecutionError):
    """A decision is accepted while the run goes on or waits for it (D31)."""

    code = "not_reviewable"
    hint = "The reviews of a run that has ended or is being stopped were withdrawn."

    def __init__(self, run: GraphExecution) -> None:
        state = f"it is {run.status}" if run.stop_requested_at is None or run.is_final else "it is being stopped"
        super().__init__(f"Reviews of run {run.pk} cannot be decided: {state}.")


class MixedRuns(ExecutionError):
    code = "mixed_runs"
    hint = "Send one request for each run."

    def __init__(self) -> None:
        super().__init__("The reviews of one request must belong to one run.")


class DecisionRefused(ExecutionError):
    status = HTTPStatus.BAD_REQUEST
    code = "decision_refused"
    hint = "Look at the review again: GET /v1/review/execution/{run id}."

    def __init__(self, node_execution_id: UUID, why: str) -> None:
        super().__init__(f"The review of {node_execution_id} cannot be decided like this: {why}.")


class UploadRefused(ExecutionError):
    status = HTTPStatus.BAD_REQUEST
    code = "upload_refused"
    hint = "The largest file is PETIOLE_UPLOAD_BYTES; expiration_hours is between 1 and 48."


class StorageAway(ExecutionError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "storage_away"
    hint = "Ask again later; the server's log says what the storage answered."
    retry_after = 5

    def __init__(self) -> None:
        super().__init__("The storage for files does not do its work at the moment.")


class FileNotFound(ExecutionError):
    status = HTTPStatus.NOT_FOUND
    code = "file_not_found"
    hint = "Files of a run are removed when it has completed, uploads when their time is over."

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no file {name[:200]!r}.")
