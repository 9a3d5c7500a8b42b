import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.errors import GraphInvalid, GraphTooLarge
from graphs.nesting import Key, check


def calls(*pairs: str) -> dict[Key, list[Key]]:
    found: dict[Key, list[Key]] = {}
    for pair in pairs:
        found.setdefault((pair[0], 1), []).append((pair[1], 1))
    return found


def test_a_chain_may_be_as_deep_as_the_limit() -> None:
    chain = calls("ab", "bc", "cd")
    check(("a", 1), chain, {}, deepest=3)
    with pytest.raises(GraphTooLarge, match="nested 3 levels deep; at most 2"):
        check(("a", 1), chain, {}, deepest=2)


def test_the_longest_way_counts() -> None:
    with pytest.raises(GraphTooLarge):
        check(("a", 1), calls("ad", "ab", "bc", "cd"), {}, deepest=2)


def test_a_graph_may_be_called_from_many_places() -> None:
    layers = calls(*(f"{upper}{lower}" for upper, lower in zip("abcdefghij", "bcdefghijk", strict=True) for _ in "xyz"))
    check(("a", 1), layers, {}, deepest=10)


@pytest.mark.parametrize("circle", [("aa",), ("ab", "ba"), ("ab", "bc", "cb")])
def test_a_circle_is_refused_and_told(circle: tuple[str, ...]) -> None:
    with pytest.raises(GraphInvalid, match=r"in a circle: .* -> "):
        check(("a", 1), calls(*circle), {("a", 1): "Mother"}, deepest=100)


def test_another_version_of_the_same_graph_is_no_circle() -> None:
    check(("a", 2), {("a", 2): [("a", 1)]}, {}, deepest=5)


def test_very_long_chains_need_no_deep_stack() -> None:
    long: dict[Key, list[Key]] = {(str(number), 1): [(str(number + 1), 1)] for number in range(50_000)}
    with pytest.raises(GraphTooLarge):
        check(("0", 1), long, {}, deepest=20)


PAIRS = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")).map("".join), max_size=12)


def _reaches_itself(graph: dict[Key, list[Key]], root: Key) -> bool:
    def circle(key: Key, path: tuple[Key, ...]) -> bool:
        return key in path or any(circle(below, (*path, key)) for below in graph.get(key, ()))

    return circle(root, ())


@given(PAIRS)
def test_exactly_the_graphs_with_a_circle_below_them_are_refused(pairs: list[str]) -> None:
    graph = calls(*pairs)
    if _reaches_itself(graph, ("a", 1)):
        with pytest.raises(GraphInvalid):
            check(("a", 1), graph, {}, deepest=100)
    else:
        check(("a", 1), graph, {}, deepest=100)
