"""What a language model is told of a run, and what it answers (spec 6.2)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from executions import values
from executions.models import GraphExecution, NodeExecution
from executions.moderation.hiding import hides
from executions.states import Status
from executions.wording import name_of
from graphs.plans import plan_of

SHOWN: Final = 3  # of each node, the most recent executions
EXECUTIONS: Final = 2000  # looked at, of a run that has more
ERRORS: Final = 10
LONGEST: Final = 100  # characters of a value
NODES: Final = 50


@dataclass(frozen=True)
class Summary:
    text: str
    score: float | None

    def as_stats(self) -> dict[str, Any]:
        return {"activity_status": self.text, "correctness_score": self.score}


@dataclass(frozen=True)
class Told:
    """A node: how often it ran and failed, and what went in and came out lately."""

    name: str
    executions: int
    failed: int
    recent: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Story:
    name: str
    description: str
    status: str
    failure: str | None
    links: list[str]
    nodes: list[Told]
    errors: list[str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def story_of(run: GraphExecution) -> Story:
    """Values that moderation hides from people are not sent away either."""
    plan = plan_of(run.graph_version_id)
    names = {node.id: name_of(node.block_id, node.metadata) for node in plan.nodes.values()}
    rows = NodeExecution.objects.filter(run_id=run.pk).claimed().defer("references", "state")
    executions = list(rows.order_by("-pk")[:EXECUTIONS])
    hidden = hides(run)
    told = [
        _told(names[pk], [one for one in executions if one.node_id == pk], hidden=hidden) for pk in list(names)[:NODES]
    ]
    errors = [] if hidden else [short(one.stats["error"]) for one in reversed(executions) if one.stats.get("error")]
    links = [f"{names[one.source_id]} -> {names[one.sink_id]}" for node in plan.nodes.values() for one in node.outbound]
    return Story(
        name=run.graph_version.name,
        description=run.graph_version.description,
        status=run.status,
        failure=run.failure,
        links=links[: 2 * NODES],
        nodes=told,
        errors=errors if len(errors) <= ERRORS else errors[: ERRORS // 2] + errors[-ERRORS // 2 :],
    )


def _told(name: str, executions: list[NodeExecution], *, hidden: bool) -> Told:
    ended = Counter(one.status for one in executions)
    recent = [] if hidden else executions[:SHOWN]
    return Told(name, len(executions), ended[Status.FAILED], [_seen(one) for one in recent])


def _seen(one: NodeExecution) -> dict[str, Any]:
    outputs = one.outputs.filter(file=None).order_by("epoch", "sequence")[:SHOWN]
    return {"inputs": _shortened(values.received(one).items()), "outputs": _shortened((o.pin, o.data) for o in outputs)}


def _shortened(pairs: Iterable[tuple[str, Any]]) -> dict[str, str]:
    return {name: short(value) for name, value in pairs}


def short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
