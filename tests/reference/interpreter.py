"""What a run of a graph does according to the specification, section 2: one thread, no database, no messages.

The order of executions that do not wait for each other is free, so whoever calls `finish` chooses it: `choose` gets
all executions that can move (ready, or begun and not ended), in the order in which they became ready, and says which
one emits its next output. Everything else is determined.

A graph has the form of the API's body. Sub-graphs, credits, stops, retries and time are not part of this."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from blocks.sdk.conversion import convert
from blocks.sdk.errors import ConversionError
from tests.reference import pins
from tests.reference.blocks import BY_ID, Block, fits

Json = dict[str, Any]
Event = tuple[str, Any] | Exception  # an output, or how the block fails


class Refused(Exception):
    """The run cannot be started."""


class Endless(Exception):
    """The run has made more executions than it may."""


@dataclass(frozen=True)
class Link:
    source: str
    source_name: str
    sink: str
    sink_name: str
    static: bool


@dataclass(eq=False)
class Execution:
    """One activation of a node; `number` counts those of the node, from 0."""

    node: str
    number: int
    stored: Json = field(default_factory=dict)  # what has arrived: pin → value
    taken: Json = field(default_factory=dict)  # the same and what it took from others, once it is ready
    data: Json | None = None  # what it runs with, once it is ready
    status: str = "INCOMPLETE"
    outputs: list[tuple[str, Any]] = field(default_factory=list)
    error: str | None = None
    lost: int = 0  # deliveries that were impossible
    coming: list[Event] | None = None  # what its block will do, once it has begun

    @property
    def can_move(self) -> bool:
        return self.status in {"QUEUED", "RUNNING"}


Choose = Callable[[Sequence[Execution]], Execution]


@dataclass
class Node:
    id: str
    block: Block
    constants: Json
    mask: Json
    skipped: bool
    inbound: list[Link]
    outbound: list[Link]
    executions: list[Execution] = field(default_factory=list)
    latest: Execution | None = None  # became ready last

    @property
    def starts(self) -> bool:
        return self.block.type != "NOTE" and (self.block.type == "INPUT" or not self.inbound)

    @property
    def pairs(self) -> bool:
        """Values meet here, so that the order of their arrival decides what runs with what."""
        return len({link.sink_name for link in self.inbound}) > 1 or any(link.static for link in self.inbound)

    @property
    def static_pins(self) -> list[str]:
        return list(dict.fromkeys(link.sink_name for link in self.inbound if link.static))

    def resolved(self, arrived: Json) -> Json | None:
        """Readiness, 2.6: the data with which the node may run; None while it may not."""
        if any(link.sink_name not in {**arrived, **self.mask} for link in self.inbound):
            return None
        try:
            data = self._converted({**self.constants, **arrived, **self.mask})
        except (pins.Unusable, ConversionError):
            return None
        for name, pin in self.block.inputs.items():
            value = data.get(name)
            if (value is None and pin.required) or (value is not None and not fits(value, pin.kind)):
                return None
        return data

    def _converted(self, data: Json) -> Json:
        data = pins.merge(data)
        for name, pin in self.block.inputs.items():
            if data.get(name) is not None:
                data[name] = convert(data[name], pin.kind)
        return data

    def call(self, data: Json) -> list[Event]:
        """Nulls are dropped and defaults applied only now. Blocks depend on nothing else, so they run at once."""
        defaults = {name: pin.default for name, pin in self.block.inputs.items()}
        given = {name: value for name, value in data.items() if value is not None}
        events: list[Event] = []
        try:
            for output in self.block.run(defaults | given):
                events.append(output)  # noqa: PERF402  those before a failure count
        except Exception as raised:
            events.append(raised)
        return events


def plain(value: Any) -> Any:
    """As it is stored: JSON."""
    return json.loads(json.dumps(value))


class Interpretation:
    """One run. `executions`: all of them in the order in which they were made."""

    def __init__(self, graph: Json, inputs: Mapping[str, Any], masks: Mapping[str, Json]) -> None:
        self.inputs = inputs
        self.executions: list[Execution] = []
        self.ready: list[Execution] = []  # in the order in which they became ready
        links = [_link(graph, link) for link in graph["links"]]
        self.nodes = {node["id"]: _node(node, links, masks.get(node["id"], {})) for node in graph["nodes"]}

    # -- 2.1

    def start(self) -> None:
        starting = [node for node in self.nodes.values() if node.starts]
        if not starting:
            raise Refused("No starting nodes found")
        for node in starting:
            execution = self._open(node)
            if node.block.type == "INPUT" and node.constants["name"] in self.inputs:
                execution.stored["value"] = self.inputs[node.constants["name"]]
            if self._queue_if_ready(node, execution, execution.stored):
                continue
            if not node.skipped:
                raise Refused(f"{node.id} is not ready")
            execution.status, execution.data = "TERMINATED", {**node.constants, **execution.stored, **node.mask}

    def _open(self, node: Node) -> Execution:
        execution = Execution(node.id, len(node.executions))
        node.executions.append(execution)
        self.executions.append(execution)
        return execution

    def _queue_if_ready(self, node: Node, execution: Execution, arrived: Json) -> bool:
        data = node.resolved(arrived)
        if data is None:
            return False
        execution.taken, execution.data = arrived, data
        execution.status = "TERMINATED" if node.skipped else "QUEUED"
        self.ready.append(execution)
        node.latest = execution
        return True

    # -- 2.9

    def movable(self) -> list[Execution]:
        return [execution for execution in self.ready if execution.can_move]

    def move(self, execution: Execution) -> None:
        """The next output of an execution, or its end."""
        node = self.nodes[execution.node]
        if execution.coming is None:
            assert execution.data is not None
            execution.status, execution.coming = "RUNNING", node.call(execution.data)
        event = execution.coming.pop(0) if execution.coming else None
        if event is None:
            execution.status = "COMPLETED"
        elif isinstance(event, Exception):
            unknown = "" if isinstance(event, ValueError) else "Unknown error occurred"
            self._fail(node, execution, str(event) or unknown)
        else:
            self._emit(node, execution, *event)

    def _emit(self, node: Node, execution: Execution, name: str, value: Any) -> None:
        checked = node.block.type == "STANDARD"
        if name == "error":
            self._fail(node, execution, "Output error was None" if value is None else str(value))
        elif checked and name not in node.block.outputs:
            self._fail(node, execution, f"Invalid property name '{name}'")
        elif checked and not fits(value, node.block.outputs[name]):
            self._fail(node, execution, "invalid output data")
        else:
            self._route(node, execution, name, value)

    def _fail(self, node: Node, execution: Execution, message: str) -> None:
        text = f"raised by {node.block.name}Block with message: {message}. block_id: {node.block.id}"
        execution.status, execution.error = "FAILED", text
        self._route(node, execution, "error", text)

    # -- 2.3

    def _route(self, node: Node, execution: Execution, name: str, value: Any) -> None:
        execution.outputs.append((name, plain(value)))
        for link in node.outbound:
            try:
                carried = pins.select(name, value, link.source_name, link.sink, link.sink_name)
            except pins.Unusable:
                execution.lost += 1
                continue
            if carried is not None or name == link.source_name:
                self._deliver(self.nodes[link.sink], link, plain(carried))

    # -- 2.4

    def _deliver(self, node: Node, link: Link, value: Any) -> None:
        waiting = [one for one in node.executions if one.status == "INCOMPLETE" and link.sink_name not in one.stored]
        execution = waiting[0] if waiting else self._open(node)
        execution.stored[link.sink_name] = value
        if self._queue_if_ready(node, execution, self._filled(node, execution, node.latest)) and link.static:
            others = [one for one in node.executions if one.status == "INCOMPLETE"]
            for other in reversed(others):
                self._queue_if_ready(node, other, self._filled(node, other, execution))

    def _filled(self, node: Node, execution: Execution, other: Execution | None) -> Json:
        """What has arrived; static pins that have not, as they arrived at another execution, null if they did not."""
        missing = [pin for pin in node.static_pins if pin not in execution.stored]
        return execution.stored | ({} if other is None else {pin: other.taken.get(pin) for pin in missing})


def _link(graph: Json, link: Json) -> Link:
    block = next(BY_ID[node["block_id"]] for node in graph["nodes"] if node["id"] == link["source_id"])
    static = bool(link.get("is_static")) or block.static_output
    return Link(link["source_id"], link["source_name"], link["sink_id"], link["sink_name"], static)


def _node(node: Json, links: list[Link], mask: Json) -> Node:
    block = BY_ID[node["block_id"]]
    skipped = block.keyed and bool(node.get("metadata", {}).get("credentials_optional")) and "credentials" not in mask
    return Node(
        id=node["id"],
        block=block,
        constants=node.get("input_default", {}),
        mask=mask,
        skipped=skipped,
        inbound=[link for link in links if link.sink == node["id"]],
        outbound=[link for link in links if link.source == node["id"]],
    )


def first(movable: Sequence[Execution]) -> Execution:
    return movable[0]


def begin(
    graph: Json, *, inputs: Mapping[str, Any] | None = None, masks: Mapping[str, Json] | None = None
) -> Interpretation:
    """A run with its first executions. Raises Refused when it cannot be started."""
    run = Interpretation(graph, inputs or {}, masks or {})
    run.start()
    return run


def finish(run: Interpretation, choose: Choose = first, limit: int = 1000) -> Interpretation:
    """The whole run. Raises Endless after `limit` executions."""
    while movable := run.movable():
        run.move(choose(movable))
        if len(run.executions) > limit:
            raise Endless
    return run
