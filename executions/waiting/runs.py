"""What a run waits for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.conf import settings

from executions.engine.admission import occupying
from executions.facts import facts_of
from executions.models import GraphExecution, NodeExecution
from executions.states import Status, Step
from executions.waiting import nodes
from executions.waiting.broker import broker_problem
from executions.waiting.fleet import Fleet, fleet
from executions.waiting.groups import Group, groups_of
from executions.waiting.reasons import MOST, Kind, Reason, in_order
from executions.wording import ago
from graphs.plan import Plan

ENGINE: Final = "engine"
BELOW: Final = 3  # runs below whose own reason is told
_NEEDS_BROKER: Final = {Kind.QUEUE, Kind.NO_WORKER, Kind.ADMISSION, Kind.MODERATION, Kind.CONCLUSION}


def waiting_for(run: GraphExecution) -> list[Reason]:
    """Why the run has not ended, the most urgent first, at most MOST reasons. Nothing for a run that has ended."""
    return [] if run.is_final else _Look.at(run, fleet(), BELOW).reasons()[:MOST]


def reason_of(execution: NodeExecution, run: GraphExecution) -> Reason | None:
    """The same for one node execution; None when it has ended."""
    if run.is_final:
        return None
    look = _Look.at(run, fleet(), BELOW)
    return next(iter(look.of_nodes(groups_of(NodeExecution.objects.filter(pk=execution.pk), look.plan))), None)


@dataclass(frozen=True)
class _Look:
    """A look at a run. A stop or a pause of the topmost run holds for all below it."""

    run: GraphExecution
    plan: Plan
    fleet: Fleet
    below: int
    stopped_at: datetime | None
    paused_at: datetime | None

    @classmethod
    def at(cls, run: GraphExecution, workers: Fleet, below: int) -> "_Look":
        marks = [(run.stop_requested_at, run.paused_at)]
        if run.root_id != run.pk:
            top = GraphExecution.objects.filter(pk=run.root_id)
            marks += top.values_list("stop_requested_at", "paused_at")
        stopped, paused = (next(filter(None, kind), None) for kind in zip(*marks, strict=True))
        return cls(run, facts_of(run.pk).plan, workers, below, stopped, paused)

    def reasons(self) -> list[Reason]:
        found = list(self._found())
        if any(reason.kind in _NEEDS_BROKER for reason in found) and (problem := broker_problem()):
            text = f"The broker cannot be reached ({problem}): what is ready is sent when it can be."
            found.append(Reason(Kind.BROKER, text))
        return in_order(found)

    def _found(self) -> Iterator[Reason]:
        if self.stopped_at is not None:
            yield from self._stopping(self.stopped_at)
        elif self.paused_at is not None:
            text = f"The run was paused {ago(self.paused_at)} ago: nothing new starts until it is resumed."
            yield Reason(Kind.PAUSE, text, since=self.paused_at)
            yield from (one for one in self.of_nodes(self._groups()) if one.kind not in _NEEDS_BROKER)
        elif self.run.status == Status.QUEUED:
            yield self._admission()
        else:
            yield from self._running()

    def _groups(self) -> list[Group]:
        return groups_of(NodeExecution.objects.filter(run_id=self.run.pk), self.plan)

    def _stopping(self, since: datetime) -> Iterator[Reason]:
        """A stop waits for the blocks that run, and for nothing else."""
        begun = f"A stop was requested {ago(since)} ago"
        held = [group for group in self._groups() if group.kind is Kind.WORKER]
        for reason in nodes.reasons(held, self.plan, self.fleet):
            yield replace(reason, kind=Kind.STOP, since=since, detail=f"{begun}. {reason.detail}")
        if not held:
            yield Reason(Kind.STOP, f"{begun}; {self._stop_waits_for()}.", since=since)

    def _stop_waits_for(self) -> str:
        below = GraphExecution.objects.filter(parent_id=self.run.pk).alive().count()
        if not below:
            return "nothing runs any more: a worker or the next sweep ends the run"
        return "it waits for a run below" if below == 1 else f"it waits for {below} runs below"

    def _running(self) -> Iterator[Reason]:
        if self.run.epilogue == Step.MODERATE:
            yield self._moderation("outputs")
            return
        groups = self._groups()
        yield from self.of_nodes(groups)
        if all(group.kind is Kind.VALUES for group in groups):
            text = "Nothing is outstanding any more: the run is about to end."
            yield self._by_engine(Reason(Kind.CONCLUSION, text))

    def _by_engine(self, reason: Reason) -> Reason:
        """Something that a worker of the queue “engine” does."""
        if self.fleet.taking(ENGINE):
            return replace(reason, queue=ENGINE)
        text = f"{reason.detail} {self.fleet.nobody_takes(ENGINE)}"
        return replace(reason, kind=Kind.NO_WORKER, queue=ENGINE, detail=text)

    def _moderation(self, what: str) -> Reason:
        return self._by_engine(Reason(Kind.MODERATION, f"The {what} of the run are to be judged by moderation."))

    def _admission(self) -> Reason:
        if self.run.epilogue == Step.CHECK:
            return self._moderation("inputs")
        run, running = self.run, occupying(self.run)
        of_graph = list(running.values()).count(run.graph_version.graph_id)
        asked = run.published_at or run.created_at  # for a run that was retried: when it was
        since = ago(asked)
        if len(running) >= settings.MAX_RUNS_PER_USER:
            limit = f"{len(running)} of {settings.MAX_RUNS_PER_USER} runs of {run.user} are running"
            text = f"{limit} (PETIOLE_MAX_RUNS_PER_USER): this one has waited for {since}{self._ahead()}."
            return Reason(Kind.USER_LIMIT, text, since=asked)
        if of_graph >= settings.MAX_RUNS_PER_GRAPH:
            limit = f"{of_graph} of {settings.MAX_RUNS_PER_GRAPH} runs of this graph are running"
            text = f"{limit} (PETIOLE_MAX_RUNS_PER_GRAPH): this one has waited for {since}{self._ahead()}."
            return Reason(Kind.GRAPH_LIMIT, text, since=asked)
        text = f"The run has waited for {since} to be admitted by a worker of the queue “{ENGINE}”."
        return self._by_engine(Reason(Kind.ADMISSION, text, since=asked))

    def _ahead(self) -> str:
        before = (
            GraphExecution.objects.of(self.run.user_id)
            .roots()
            .filter(status=Status.QUEUED, created_at__lt=self.run.created_at)
        )
        number = before.count()
        return f"; {number} older {'run waits' if number == 1 else 'runs wait'} too" if number else ""

    def of_nodes(self, groups: list[Group]) -> list[Reason]:
        found = list(nodes.reasons(groups, self.plan, self.fleet))
        ids = [reason.node_exec_id for reason in found if reason.kind is Kind.RUN][: self.below]
        children = GraphExecution.objects.filter(parent_node_execution__in=ids) if ids else []
        # of several, the newest: a node that was retried starts another one
        newest = {child.parent_node_execution_id: child for child in sorted(children, key=lambda one: one.parent_epoch)}
        return [self._with_child(one, newest[one.node_exec_id]) if one.node_exec_id in newest else one for one in found]

    def _with_child(self, reason: Reason, child: GraphExecution) -> Reason:
        inner = [] if child.is_final else _Look.at(child, self.fleet, 1).reasons()
        first = f": {inner[0].detail}" if inner else "."
        text = f"{reason.detail.removesuffix(' a run below.')} the run {child.pk} below ({child.status}){first}"
        return replace(reason, run_id=child.pk, detail=text)
