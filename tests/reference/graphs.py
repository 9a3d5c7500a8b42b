"""Random graphs that may be saved and run, and that come to an end.

Nodes are linked to earlier ones, so there are no cycles but three that end by themselves: a counter (Condition and
Calculator), a node that takes its own list apart, and a join that consumes a stream with its own results."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from hypothesis import assume
from hypothesis import strategies as st

from blocks.sdk.conversion import convert
from tests.reference.blocks import BLOCKS, Block, fits
from tests.reference.interpreter import Endless, Refused
from tests.reference.scenarios import Json, Scenario, link_of

T = TypeVar("T")

# Simple ones first: a failing example shrinks towards them.
VALUES: Final[Sequence[Any]] = [
    0, 1, "a", "7", "", 2.5, True, None, [1, 2], ["a", [3, None]], {"k": 1}, {"k": {"l": [4, 5]}}, [], {}, [[[6]]],
    '["x", "y"]', '{"k": 8}', [{"k": 9}, False],
]  # fmt: skip
BLOCK_NAMES: Final[Sequence[str]] = [
    "Echo", "Multi", "Pair", "StoreValue", "Pair", "Tri", "Multi", "PairO", "Pair", "StoreValue", "Two", "Tri", "PairO",
    "AgentOutput", "AgentInput", "Pair", "Multi", "Err", "FailIf", "Nil", "Int", "Str", "List", "Dict", "Float", "Bool",
    "ListInt", "ListStr", "DictInt", "MaybeInt", "IntOrStr", "CreateDictionary", "CreateList", "Condition",
    "Calculator", "Val", "Rt", "EmptyVal", "EmptyRt", "ErrNull", "Quiet", "AgentNumberInput", "PrintToConsole",
    "StepThroughItems", "Note", "Keyed", "AITool",
]  # fmt: skip
STREAMS: Final[Sequence[Any]] = [[1, 2], [1], ["x", "y", "z"], [[7], {"k": 1}], [{"k": 2}, [3, 4]], [0, None, ""]]
FAILING: Final = {"Err", "Val", "Rt", "EmptyVal", "EmptyRt", "ErrNull", "FailIf"}
NEVER_LINKED: Final = {"name", "title", "format", "operator", "operation", "calls", "text"}
OFTEN_LINKED: Final = {("OUTPUT", "value"), ("STANDARD", "b")}
SOURCE_PARTS: Final = [
    *[""] * 24, "_$_0", "_#_k", "_$_1", "_$_-1", "_$_-3", "_#_l", "_#_k_#_l", "_$_1_$_0", "_@_k"
]  # fmt: skip
SINK_PARTS: Final = [*[""] * 16, "_$_0", "_$_1", "_#_k", "_#_l", "_@_k", "_#_k_$_0", "_$_-1"]
MOST: Final = 50


@dataclass
class Draft:
    """A graph in the making."""

    draw: Callable[[st.SearchStrategy[Any]], Any]
    nodes: dict[str, tuple[str, Json, Json]] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    inputs: Json = field(default_factory=dict)
    masks: dict[str, Json] = field(default_factory=dict)

    def one_of(self, choices: Sequence[T]) -> T:
        chosen: T = self.draw(st.sampled_from(choices))
        return chosen

    def sometimes(self, one_in: int) -> bool:
        return self.one_of(range(one_in)) == one_in - 1

    def add(self, block: str, constants: Mapping[str, Any], **metadata: Any) -> str:
        key = f"n{len(self.nodes)}"
        self.nodes[key] = block, dict(constants), metadata
        return key

    def link(self, source: str, sink: str, *, static: bool | None = None) -> None:
        is_static = self.sometimes(3) if static is None else static
        self.links.append(f"{source} {'=>' if is_static else '->'} {sink}")

    def source(self, before: Sequence[str]) -> str:
        """Some output, or a part of it, of a node that was there before."""
        key = self.one_of(before)
        name = self.nodes[key][0]
        pins = [pin for pin in BLOCKS[name].outputs if pin != "error" or name in FAILING]
        pin = self.one_of(pins)
        return f"{key}.{pin}" + ("" if pin == "tools" else self.one_of(SOURCE_PARTS))

    def sources(self) -> list[str]:
        """Nodes that have outputs."""
        return [key for key, (block, _, _) in self.nodes.items() if BLOCKS[block].outputs]


def fitting(kind: Any) -> list[Any]:
    """The values that a pin of this kind accepts as a constant."""
    return [value for value in VALUES if value is not None and fits(convert(value, kind), kind)]


def _ordinary(draft: Draft, name: str) -> None:
    """A node with links from earlier ones, and constants for what has none."""
    block, before = BLOCKS[name], draft.sources()
    metadata = {"credentials_optional": True} if block.keyed else {}
    key = draft.add(name, {}, **metadata)
    linked = _link_inputs(draft, key, block, before)
    draft.nodes[key][1].update(_constants(draft, block, linked))
    if block.type == "INPUT":
        _give_input(draft, key, linked)
    if name != "Note" and name != "AITool" and draft.sometimes(8):
        _mask(draft, key, block)


def _link_inputs(draft: Draft, key: str, block: Block, before: Sequence[str]) -> set[str]:
    linked = set()
    for pin, one in block.inputs.items():
        if pin in NEVER_LINKED or block.type == "NOTE":
            continue
        often = [1, 1, 1, 2, 1, 0, 1] if one.required or (block.type, pin) in OFTEN_LINKED else [0, 0, 0, 1]
        for _ in range(draft.one_of(often)):
            draft.link(draft.source(before), f"{key}.{pin}{draft.one_of(SINK_PARTS)}")
            linked.add(pin)
    return linked


def _constants(draft: Draft, block: Block, linked: set[str]) -> Json:
    constants: Json = {}
    for pin, one in block.inputs.items():
        if pin == "name":
            constants[pin] = draft.one_of(["q", "r"])
        elif pin == "operation":
            constants[pin] = draft.one_of(["Add", "Subtract", "Multiply"])
        elif pin == "operator":
            constants[pin] = draft.one_of(["==", "!="])
        elif pin not in {"format", "calls"} and (draft.sometimes(4) or (one.required and pin not in linked)):
            constants[pin] = draft.one_of(STREAMS if pin == "xs" else fitting(one.kind))
    return constants


def _give_input(draft: Draft, key: str, linked: set[str]) -> None:
    block, constants, _ = draft.nodes[key]
    if draft.one_of([0, 1, 1, 1] if linked else [0, 1]):  # without it a linked one keeps the run from starting
        draft.inputs[constants["name"]] = draft.one_of(fitting(BLOCKS[block].inputs["value"].kind))


def _mask(draft: Draft, key: str, block: Block) -> None:
    """On a pin of a link or on a field."""
    pins = [link["sink_name"] for link in map(link_of, draft.links) if link["sink_id"] == key]
    pins += [pin for pin in block.inputs if pin not in NEVER_LINKED]
    if pins:
        draft.masks[key] = {draft.one_of(pins): draft.one_of(VALUES)}


def _counter(draft: Draft) -> None:
    """Counts each number of a list down to 0."""
    start = draft.add("Multi", {"xs": draft.one_of([[1], [0], [2, 1], [3]])})
    test = draft.add("Condition", {"operator": ">", "value2": 0})
    less = draft.add("Calculator", {"operation": "Subtract", "b": 1})
    draft.link(f"{start}.item", f"{test}.value1")
    draft.link(f"{test}.yes_output", f"{less}.a")
    draft.link(f"{less}.result", f"{test}.value1")


def _unwinding(draft: Draft) -> None:
    """A node that gets the first element, or an entry, of what it has put out, until there is none."""
    before = draft.sources()
    key = draft.add(draft.one_of(["Echo", "FailIf"]), {})
    draft.link(draft.source(before), f"{key}.x")
    draft.link(f"{key}.out{draft.one_of(['_$_0', '_#_k', '_$_-1'])}", f"{key}.x")


def _feedback(draft: Draft) -> None:
    """A join of what it has put out and of a stream: each of its runs uses up a value of the stream."""
    before = draft.sources()
    key = draft.add(draft.one_of(["Pair", "PairO"]), {})
    draft.link(draft.source(before), f"{key}.a")
    draft.link(draft.source(before), f"{key}.b", static=False)
    draft.link(f"{key}.out{draft.one_of(['', '_$_0', '_$_1'])}", f"{key}.a")


def _scripted(draft: Draft) -> None:
    """A join, or an output, that gets its values one by one in a drawn order, because one execution calls it."""
    name = draft.one_of(["Pair", "Tri", "PairO", "CreateDictionary", "Echo", "AgentOutput", "AgentInput"])
    script = draft.add("AITool", {})
    key = draft.add(name, {})
    block = BLOCKS[name]
    pins = [pin for pin in block.inputs if pin not in NEVER_LINKED - {"title"}]
    for pin in pins:
        for part in sorted({draft.one_of(SINK_PARTS), draft.one_of(SINK_PARTS)}):
            draft.link(f"{script}.tools", f"{key}.{pin}{part}", static=draft.sometimes(2))
    draft.nodes[key][1].update(_constants(draft, block, set(pins)))
    if block.type == "INPUT":
        draft.masks[key] = {"value": draft.one_of(VALUES), "title": "t"}


def _call_tools(draft: Draft) -> None:
    """Calls of the nodes that are linked to tool pins; ids are known only when the graph is stored, hence a mask."""
    tools = [key for key, (block, _, _) in draft.nodes.items() if block == "AITool"]
    links = list(map(link_of, draft.links))
    for key in tools:
        pins = [[f"{{{{node:{one['sink_id']}}}}}", one["sink_name"]] for one in links if one["source_id"] == key]
        pins = [*pins, *pins, ["nobody", "x"]]
        count = draft.one_of(range(len(pins) + 4))
        draft.masks[key] = {"calls": [[*draft.one_of(pins), draft.one_of(VALUES)] for _ in range(count)]}


_SHAPES: Final[Mapping[str, Callable[[Draft], None]]] = {
    "counter": _counter,
    "unwinding": _unwinding,
    "feedback": _feedback,
    "scripted": _scripted,
}


@st.composite
def graphs(draw: Callable[[st.SearchStrategy[Any]], Any], most_nodes: int = 8) -> Scenario:
    draft = Draft(draw)
    draft.add("Multi", {"xs": draft.one_of(STREAMS)})
    for _ in range(draw(st.integers(1, most_nodes))):
        what = draft.one_of([*BLOCK_NAMES, *_SHAPES, *_SHAPES])
        if what in _SHAPES:
            _SHAPES[what](draft)
        else:
            _ordinary(draft, what)
    _call_tools(draft)
    links = draft.links if draft.sometimes(2) else draft.links[::-1]
    keys = list(draft.nodes) if draft.sometimes(2) else list(draft.nodes)[::-1]
    scenario = Scenario({key: draft.nodes[key] for key in keys}, links, draft.inputs, draft.masks)
    assume(_is_short(scenario))
    return scenario


def _is_short(scenario: Scenario) -> bool:
    try:
        scenario.interpreted(limit=MOST)
    except Endless:
        return False
    except Refused:
        pass
    return True
