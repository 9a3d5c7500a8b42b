"""Outputs of one attempt on their way to the database (design 3.2, D13).

Outputs are routed as they are emitted: what has waited PETIOLE_FLUSH_SECONDS is committed by the pulse, a hundred at
once immediately, and a block that emits little and returns costs one commit, its last."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError

from blocks.sdk.values import to_json
from columns import Encoded, encode, new_id
from executions.crashpoints import crash_point
from executions.database import release, repeated, write
from executions.engine import limits, routing
from executions.engine.routing import Routed
from executions.engine.work import Work
from executions.errors import EngineFailure, LostClaim
from executions.models import NodeExecution, NodeOutput
from executions.statements import insert_rows
from executions.values import Emitted, content, kept

log = logging.getLogger(__name__)

FULL: Final = 100
Publish = Callable[[list[NodeExecution]], None]


class Outbox:
    """Not yet committed outputs of one attempt. The block's thread emits and flushes, the pulse flushes too.

    What goes wrong here is the engine's failure (EngineFailure) or a lost claim, never the block's."""

    def __init__(self, work: Work, publish: Publish) -> None:
        self.work = work
        self.publish = publish
        self.errors: list[str] = []
        self.diverged = False
        self.size = 0
        self._committing = threading.RLock()  # one commit at a time, in the order of emission
        self._listing = threading.Lock()  # held for an instant: an emitting block does not wait for a commit
        self._pending: list[Emitted] = []
        self._since: float | None = None
        self._failure: Exception | None = None
        self._stored: list[NodeOutput] = []
        self._replayed = 0
        self.sequence = 0
        if work.execution.attempt > 1:
            self._go_on()

    def _go_on(self) -> None:
        """After what an earlier attempt or step has stored; a child run's outputs are never emitted again."""
        execution = self.work.execution
        earlier = NodeOutput.objects.filter(node_execution_id=execution.pk, epoch=execution.epoch)
        if not self.work.is_child_run:
            self._stored = list(earlier.order_by("sequence"))
        self.sequence = earlier.count()

    @property
    def takes_time(self) -> bool:
        """The next output may cause a commit, or files to be taken elsewhere: nothing for an event loop."""
        return len(self._pending) + 1 >= FULL or self.work.files.is_copy

    def emit(self, pin: str, value: Any) -> None:
        """Raises ValueError for a value that the block may not emit. Files that it may name are kept by then."""
        self._raise_failure()
        self.work.files.keep()
        plain = to_json(value)
        problem = self.work.spec.output_problem(pin, plain)
        if problem is not None:
            raise ValueError(problem)
        text = encode(plain)
        if len(text) > settings.MAX_OUTPUT_BYTES:
            raise ValueError(
                f"output {pin!r} has {len(text)} bytes; at most {settings.MAX_OUTPUT_BYTES} are allowed "
                "(PETIOLE_MAX_OUTPUT_BYTES)"
            )
        self.size += len(text)
        if self._was_stored(pin, plain):
            return
        emitted = Emitted(pin, value, plain, text, self._kept(text))
        with self._listing:
            self._pending.append(emitted)
            if self._since is None:
                self._since = time.monotonic()
        if len(self._pending) >= FULL:
            self.flush()

    def _kept(self, text: Encoded) -> str | None:
        """A storage that is no folder may be far away: no transaction waits for it."""
        if len(text) <= settings.FILE_BYTES or not self.work.files.is_copy:
            return None
        try:
            return kept(self.work.facts.id, f"{self.work.execution.pk}-{new_id()}", text)
        except Exception as lost:  # every storage has errors of its own
            raise EngineFailure(f"the file storage did not take a value: {type(lost).__name__}: {lost}") from lost

    def add(self, batch: list[Emitted]) -> None:
        """Outputs made elsewhere, for the next commit."""
        with self._listing:
            self._pending += batch

    def _was_stored(self, pin: str, plain: Any) -> bool:
        """A block that is run again after a crash repeats what is stored; from the first difference on all is new."""
        if self.diverged or self._replayed >= len(self._stored):
            return False
        before = self._stored[self._replayed]
        if before.pin == pin and content(before) == plain:
            self._replayed += 1
            return True
        self.diverged = True
        return False

    def tick(self) -> None:
        """Called by the pulse. A failure is told to the block's thread, which ends the attempt."""
        since = self._since
        if self._failure is not None or since is None or time.monotonic() - since < settings.FLUSH_SECONDS:
            return
        try:
            self.flush()
        except (EngineFailure, LostClaim) as failure:
            self._failure = failure

    def flush(self) -> None:
        with self._committing:
            batch = self._taken()
            if not batch:
                return
            crash_point("flush.begun")
            try:
                routed = self._committed(batch)
                crash_point("flush.after_commit")
                self.sequence += len(batch)
                self.errors += routed.errors
                self.publish(routed.ready)
                crash_point("flush.published")
                limits.count(self.work.facts, len(routed.ready))
            except LostClaim:
                raise
            except Exception as lost:
                raise EngineFailure(f"{type(lost).__name__}: {lost}") from lost
            finally:
                release()

    def _taken(self) -> list[Emitted]:
        with self._listing:
            batch, self._pending, self._since = self._pending, [], None
        return batch

    def _committed(self, batch: list[Emitted]) -> Routed:
        """The batch is stored once, also when the answer to its commit was lost and it is sent again."""
        try:
            return self._commit(batch)
        except IntegrityError:
            rows = NodeOutput.objects.filter(node_execution_id=self.work.execution.pk, epoch=self.work.execution.epoch)
            if not rows.filter(sequence=self.sequence + len(batch) - 1).exists():
                raise
            return Routed()  # what it made ready is published by the sweep

    @repeated
    def _commit(self, batch: list[Emitted]) -> Routed:
        with write():
            held = NodeExecution.objects.held(self.work.execution.pk, self.work.token)
            if not held.update(holder=self.work.execution.holder):  # also the lock that keeps a takeback away
                raise LostClaim
            crash_point("flush.proved")
            routed = self.store(batch)
            crash_point("flush.before_commit")
        return routed

    def store(self, batch: list[Emitted]) -> Routed:
        """Write and route a batch; needs a transaction in which the claim was proved, and may be repeated with it.

        What a called node puts out is for its caller alone."""
        execution = self.work.execution
        rows = [one.row(execution, self.sequence + number) for number, one in enumerate(batch)]
        crash_point("outputs.prepared")
        insert_rows(rows)
        crash_point("outputs.stored")
        if execution.caller_id is not None:
            return Routed()
        return routing.route(self.work.facts, self.work.node, zip(batch, rows, strict=True))

    def close(self, final: Callable[[list[Emitted]], Routed]) -> Routed:
        """The last commit, with what is still pending, while the pulse is kept out."""
        with self._committing:
            self._raise_failure()
            routed = final(self._taken())
            self.errors += routed.errors
            return routed

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
