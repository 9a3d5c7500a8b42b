"""What runs under chaos: a dozen kinds of graphs, each with inputs for which the result is known beforehand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

CALCULATOR: Final = "b1ab9b19-67a6-406d-abf5-2dba76d00c79"
CONDITION: Final = "715696a0-e1da-45c8-b209-c2fa9c3b0be6"
STEP_THROUGH: Final = "f66a3543-28d3-4ab5-8945-9b336371e2ce"
STORE: Final = "1ff065e9-88e8-4358-9d82-8dc91f622ba9"
TEMPLATE: Final = "db7d8f02-2f44-4c55-ab7a-eae0941f0c30"
COMBINE: Final = "e30a4d42-7b7d-4e6a-b36e-1f9b8e3b7d85"
COUNT: Final = "3c9c2f42-b0c3-435f-ba35-05f7a25c772a"
TIMER: Final = "d67a9c52-5e4e-11e2-bcfd-0800200c9a71"
INPUT: Final = "c0a8e994-ebf1-4a9c-a4d8-89d09c86741b"
OUTPUT: Final = "363ae599-353e-4804-937e-b2ee3cef3da4"
_OURS: Final = "c4a05000-0000-4000-8000-0000000000"
SLOW_PROCESS, SLOW_THREAD, SLOW_LOOP, GENERATOR, FLAKY, FAILING, PAID, ONCE, LARGE, CALLER = (
    f"{_OURS}{number:02d}" for number in range(1, 11)
)


@dataclass(frozen=True)
class Node:
    """`child`: the kind of graph that an executor node runs."""

    block: str
    constants: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    child: str = ""


@dataclass(frozen=True)
class Kind:
    """`weight`: how often it is started; 0: only as a sub-graph. `ordered`: outputs whose order is promised.
    `once`: nodes that may end FAILED, because they may have been executed when their worker was lost."""

    name: str
    nodes: Mapping[str, Node]
    links: tuple[str, ...]
    inputs: tuple[Mapping[str, Any], ...] = ({"n": 1}, {"n": 5})
    weight: float = 4.0
    ordered: frozenset[str] = frozenset()
    once: frozenset[str] = frozenset()

    def below(self, keys: Iterable[str]) -> frozenset[str]:
        """These nodes and everything that is reached from them."""
        found = set(keys)
        while more := {sink for source, sink in self._edges() if source in found} - found:
            found |= more
        return frozenset(found)

    def _edges(self) -> list[tuple[str, str]]:
        return [(link.split(".")[0], link.split(" -> ")[1].split(".")[0]) for link in self.links]


def given(name: str = "n") -> Node:
    return Node(INPUT, {"name": name})


def result(name: str = "result") -> Node:
    return Node(OUTPUT, {"name": name})


def add(number: float = 1, operation: str = "Add") -> Node:
    return Node(CALCULATOR, {"operation": operation, "b": number})


def slow(block: str, *, steps: int = 4, pause: float = 0.4) -> Node:
    return Node(block, {"steps": steps, "pause": pause})


def retried(attempts: int, delay: float = 0.3) -> dict[str, Any]:
    return {"retry": {"attempts": attempts, "delay_seconds": delay, "jitter": False}}


def _line(*keys: str, pin_in: str, pin_out: str) -> list[str]:
    return [f"{left}.{pin_out} -> {right}.{pin_in}" for left, right in pairwise(keys)]


def _chain(length: int = 8) -> Kind:
    steps = [f"step{number}" for number in range(length)]
    return Kind(
        "chain",
        {"in": given(), **{key: add() for key in steps}, "out": result()},
        ("in.result -> step0.a", *_line(*steps, pin_in="a", pin_out="result"), f"{steps[-1]}.result -> out.value"),
        weight=8,
    )


_LOOP = Kind(
    "loop",
    {
        "in": given(),
        "first": add(0),
        "add": add(),
        "test": Node(CONDITION, {"operator": "<", "value2": 9, "no_value": "done"}),
        "pass": result("pass"),
        "end": result("end"),
    },
    (
        "in.result -> first.a",
        "first.result -> add.a",
        "add.result -> test.value1",
        "add.result -> pass.value",
        "test.yes_output -> add.a",
        "test.no_output -> end.value",
    ),
    ordered=frozenset({"pass"}),
)
_STATIC = Kind(
    "static",
    {
        "in": given(),
        "many": Node(GENERATOR, {"n": 8, "pause": 0.02}),
        "store": Node(STORE),
        "text": Node(TEMPLATE, {"format": "{{ p }}-{{ x }}"}),
        "out": result(),
    },
    (
        "in.result -> store.input",
        "store.output -> text.values_#_p",
        "many.each -> text.values_#_x",
        "text.output -> out.value",
    ),
)
_PAIRS = Kind(
    "pairs",
    {
        "in": given(),
        "fast": Node(GENERATOR, {"n": 10}),
        "slow": Node(GENERATOR, {"n": 10, "pause": 0.05}),
        "sum": Node(CALCULATOR, {"operation": "Add"}),
        "out": result(),
        "echo": result("echo"),
    },
    ("fast.each -> sum.a", "slow.each -> sum.b", "sum.result -> out.value", "in.result -> echo.value"),
)
_LEAF = Kind(
    "leaf",
    {"in": given(), "add": add(), "paid": Node(PAID), "out": result()},
    ("in.result -> add.a", "add.result -> paid.x", "paid.out -> out.value"),
    weight=0,
)
_BRANCH = Kind(
    "branch",
    {"in": given(), "leaf": Node("", child="leaf"), "double": add(2, "Multiply"), "out": result()},
    ("in.result -> leaf.n", "leaf.result -> double.a", "double.result -> out.value"),
    weight=0,
)
_NESTED = Kind(
    "nested",
    {
        "in": given(),
        "items": Node(STEP_THROUGH, {"items": [1, 2, 3]}),
        "branch": Node("", child="branch"),
        "out": result(),
        "echo": result("echo"),
    },
    ("items.item -> branch.n", "branch.result -> out.value", "in.result -> echo.value"),
)
_GENERATOR = Kind(
    "generator",
    {"in": given(), "many": Node(GENERATOR, {"every": 100}), "add": add(), "out": result()},
    ("in.result -> many.n", "many.some -> add.a", "add.result -> out.value"),
    inputs=({"n": 1000}, {"n": 700}),
)
_FLOOD = Kind(
    "flood",
    {"in": given(), "many": Node(GENERATOR), "out": result()},
    ("in.result -> many.n", "many.each -> out.value"),
    inputs=({"n": 300},),
    weight=0.5,
    ordered=frozenset({"result"}),
)


def _fan(width: int = 12) -> Kind:
    middle = [f"part{number:02d}" for number in range(width)]
    blocks = {key: add(place) if place % 2 else Node(PAID) for place, key in enumerate(middle)}
    into = [f"first.result -> {key}.{'a' if place % 2 else 'x'}" for place, key in enumerate(middle)]
    out_of = [f"{key}.{'result' if place % 2 else 'out'} -> join.input_$_{place}" for place, key in enumerate(middle)]
    return Kind(
        "fan",
        {"in": given(), "first": add(0), **blocks, "join": Node(COMBINE, {"delimiter": ","}), "out": result()},
        ("in.result -> first.a", *into, *out_of, "join.output -> out.value"),
    )


_SLOW = Kind(
    "slow",
    {
        "in": given(),
        "first": add(0),
        "process": slow(SLOW_PROCESS),
        "thread": slow(SLOW_THREAD, steps=5, pause=0.6),
        "loop": slow(SLOW_LOOP, steps=6, pause=0.8),
        "out": result(),
    },
    (
        "in.result -> first.a",
        *(f"first.result -> {key}.x" for key in ("process", "thread", "loop")),
        *(f"{key}.out -> out.value" for key in ("process", "thread", "loop")),
    ),
)
_FLAKY = Kind(
    "flaky",
    {
        "in": given(),
        "flaky": Node(FLAKY, {"failures": 2}, retried(4)),
        "never": Node(FAILING, {}, retried(2)),
        "out": result(),
        "error": result("error"),
        "rest": result("rest"),
    },
    (
        "in.result -> flaky.x",
        "in.result -> never.x",
        "flaky.out -> out.value",
        "never.error -> error.value",
        "never.out -> rest.value",
    ),
    ordered=frozenset({"result"}),
)
_PAID = Kind(
    "paid",
    {"in": given(), "one": Node(PAID), "two": Node(PAID), "three": Node(PAID), "out": result()},
    ("in.result -> one.x", *_line("one", "two", "three", pin_in="x", pin_out="out"), "three.out -> out.value"),
    weight=6,
)
_ONCE = Kind(
    "once",
    {"in": given(), "once": Node(ONCE), "add": add(), "out": result(), "echo": result("echo")},
    ("in.result -> once.x", "once.out -> add.a", "add.result -> out.value", "in.result -> echo.value"),
    once=frozenset({"once"}),
    weight=5,
)
_TIMER = Kind(
    "timer",
    {"in": given(), "timer": Node(TIMER, {"seconds": 2, "repeat": 3}), "out": result()},
    ("in.result -> timer.input_message", "timer.output_message -> out.value"),
    ordered=frozenset({"result"}),
)
_UNMET = Kind(
    "unmet",
    {
        "in": given(),
        "test": Node(CONDITION, {"operator": "<", "value2": 3}),
        "first": add(0),
        "sum": Node(CALCULATOR, {"operation": "Add"}),
        "out": result(),
        "echo": result("echo"),
    },
    (
        "in.result -> test.value1",
        "in.result -> first.a",
        "first.result -> sum.a",
        "test.yes_output -> sum.b",
        "sum.result -> out.value",
        "test.result -> echo.value",
    ),
)
_LARGE = Kind(
    "large",
    {"in": given(), "text": Node(LARGE), "store": Node(STORE), "count": Node(COUNT)}
    | {"out": result(), "all": result("all")},
    (
        "in.result -> text.n",
        "text.out -> store.input",
        "store.output -> count.collection",
        "count.count -> out.value",
        "text.out -> all.value",
    ),
    inputs=({"n": 20_000}, {"n": 400_000}),
    weight=2,
)
_CALLS = Kind(
    "calls",
    {"in": given(), "caller": Node(CALLER), "paid": Node(PAID), "add": add(), "leaf": Node("", child="leaf")}
    | {"out": result()},
    (
        "in.result -> caller.x",
        *(f"caller.tools -> {pin}" for pin in ("paid.x", "add.a", "leaf.n")),
        "caller.out -> out.value",
    ),
)

# Sub-graphs come before what contains them.
KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        _LEAF, _BRANCH, _chain(), _LOOP, _STATIC, _PAIRS, _NESTED, _GENERATOR, _FLOOD, _fan(), _SLOW, _FLAKY, _PAID,
        _ONCE, _TIMER, _UNMET, _LARGE, _CALLS,
    )
}  # fmt: skip
