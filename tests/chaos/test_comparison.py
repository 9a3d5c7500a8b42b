"""Two results are alike, or the difference is said."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from config.chaos.comparison import differences
from config.chaos.kinds import KINDS, Kind
from config.chaos.reading import Found, OfNode

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAIRS, LOOP, ONCE = KINDS["pairs"], KINDS["loop"], KINDS["once"]


def node(*values: str, status: str = "COMPLETED", number: int = 1, charged: int = 0, perhaps: bool = False) -> OfNode:
    return OfNode(Counter({status: number}), Counter(("out", value) for value in values), charged, perhaps)


def result(**changes: object) -> Found:
    made = Found(
        status="COMPLETED",
        outputs={"pass": ["1", "2"]},
        nodes={"once": node("1", charged=5), "add": node("2"), "in": node("1")},
        count=3,
        last_start=NOW,
        ended_at=NOW + timedelta(seconds=1),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a shorthand of these tests


def said(seen: Found, kind: Kind = PAIRS) -> list[str]:
    return differences(kind, result(), seen)


def test_equal_results_differ_in_nothing() -> None:
    assert said(result()) == []


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (result(status="FAILED"), "is FAILED, not COMPLETED"),
        (result(count=4), "node_exec_count is 4, not 3"),
        (result(outputs={"pass": ["1"]}), "missing 1: 2"),
        (result(outputs={"pass": ["1", "2", "2"]}), "too many 1: 2"),
        (result(outputs={"pass": ["1", "2"], "other": ["3"]}), "output 'other': too many 1"),
        (result(nodes={**result().nodes, "add": node("2", number=2)}), "executions {'COMPLETED': 2}"),
        (result(nodes={**result().nodes, "add": node("2", status="INCOMPLETE")}), "executions {'INCOMPLETE': 1}"),
        (result(nodes={**result().nodes, "add": node("2", "2")}), "too many 1: ('out', '2')"),
        (result(nodes={**result().nodes, "once": node("1", charged=10)}), "charged 10, not 5"),
        (result(nodes={key: result().nodes[key] for key in ("in", "add")}), "once: executions {}"),
        (result(status="RUNNING"), "has not ended: it is RUNNING"),
        (result(odd=["add is held"]), "add is held"),
    ],
)
def test_every_difference_is_said(seen: Found, words: str) -> None:
    assert any(words in one for one in said(seen)), said(seen)


def test_order_counts_only_where_it_is_promised() -> None:
    turned = result(outputs={"pass": ["2", "1"]})
    assert said(turned, PAIRS) == []
    assert said(turned, LOOP) == ["output 'pass' is in another order: 2, 1"]


class TestARunThatWasStopped:
    def test_may_be_a_part_of_the_result(self) -> None:
        part = result(status="TERMINATED", stopping=True, nodes={"in": node("1")}, outputs={}, count=1)
        assert said(part) == []

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"status": "FAILED"}, "was stopped and is FAILED"),
            ({"last_start": NOW + timedelta(seconds=2)}, "after the run had ended"),
            ({"nodes": {"in": node("1", number=2)}}, "in: 2 executions"),
            ({"nodes": {"in": node("1", "1")}}, "too many outputs"),
            ({"nodes": {"once": node("1", charged=10)}}, "charged 10"),
        ],
    )
    def test_has_nothing_that_the_result_has_not(self, changes: dict[str, object], words: str) -> None:
        stopped: dict[str, object] = {"status": "TERMINATED", "stopping": True}
        assert any(words in one for one in said(result(**stopped | changes)))


class TestANodeThatMayHaveBeenExecuted:
    perhaps = node(status="FAILED", charged=5, perhaps=True)

    def test_excuses_what_is_below_it(self) -> None:
        seen = result(nodes={"once": self.perhaps, "in": node("1")}, count=2)
        assert said(seen, ONCE) == []

    def test_excuses_nothing_beside_it(self) -> None:
        seen = result(nodes={"once": self.perhaps, "in": node("1", "1")}, count=2)
        assert said(seen, ONCE) == ["in: too many 1: ('out', '1')"]

    def test_stays_paid(self) -> None:
        seen = result(nodes={"once": replace(self.perhaps, charged=0), "in": node("1")}, count=2)
        assert said(seen, ONCE) == ["once: charged 0, not 5"]

    def test_is_excused_in_no_other_kind_of_graph(self) -> None:
        assert said(result(nodes={**result().nodes, "once": self.perhaps}), PAIRS)
