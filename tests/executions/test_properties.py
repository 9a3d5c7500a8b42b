"""The engine does what the specification says, as the reference interpreter reads it, for any graph.

The order in which independent executions run is free and changes what meets what, so results are compared in two ways:

* In one process the engine runs one execution at a time. The order that it took is read from the rows, the interpreter
  repeats exactly this order, and then everything has to be the same: the input, output, status and error of every
  execution of every node, the order of outputs, what was left waiting and for which pins, and the counts.
* Real workers run executions side by side, and nothing tells in which order. Their result has to be one that the
  interpreter gives in some order, which is searched for. An order that independent values have on their way to a node
  where nothing is paired means nothing, so there executions are compared as a set."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from pytest_django import Settings

from executions import values
from executions.detail import detail
from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from graphs.errors import GraphInvalid, GraphValidationError
from tests.executions.driver import Driver, Order, newest, oldest
from tests.graphs_for_tests import Build, Built
from tests.reference import scenarios
from tests.reference.graphs import graphs
from tests.reference.interpreter import Refused
from tests.reference.record import as_detail, exact
from tests.reference.scenarios import Scenario, differences
from tests.reference.schedules import recorded
from tests.reference.search import Search, Seen, Undecided

ROWS = scenarios.load(scenarios.ROWS)
# Choices are drawn before a run, so that no example is cut off in the middle of one.
CHOICES = st.binary(min_size=40, max_size=40)
examples = hypothesis(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Case:
    """A scenario as a stored graph."""

    def __init__(self, build: Build, scenario: Scenario) -> None:
        nodes = {key: (block, constants) for key, (block, constants, _) in scenario.nodes.items()}
        metadata: dict[str, Any] = {key: stated for key, (_, _, stated) in scenario.nodes.items()}
        self.scenario = scenario
        self.built: Built = build(nodes, *scenario.links, **metadata)
        self.keys = {str(node_id): key for key, node_id in self.built.ids.items()}

    def start(self) -> GraphExecution:
        ids = {key: node_id for node_id, key in self.keys.items()}
        return self.built.start(inputs=self.scenario.inputs, masks=self.scenario.masks_for(ids))

    def result(self, run: GraphExecution) -> dict[str, Any]:
        """The run as the API shows it, keys for ids, the executions of a node in their order."""
        shown: dict[str, Any] = self._by_key(detail(run))
        places = {str(pk): place for place, pk in enumerate(_in_order(run).values_list("pk", flat=True))}
        shown["node_executions"].sort(key=lambda one: places[one["node_exec_id"]])
        return shown

    def order(self, run: GraphExecution) -> list[tuple[str, int]]:
        """The order in which the executions ran: (node, which of its executions)."""
        counts: dict[str, int] = {}
        numbered = {}
        for one in _in_order(run):
            key = self.keys[str(one.node_id)]
            numbered[one.pk] = key, counts.setdefault(key, 0)
            counts[key] += 1
        claimed = NodeExecution.objects.filter(run=run).claimed().order_by("start_time")
        return [numbered[pk] for pk in claimed.values_list("pk", flat=True)]

    def expected(self, run: GraphExecution) -> dict[str, Any]:
        """What the interpreter makes of the order in which the engine ran."""
        return as_detail(self.scenario.interpreted(recorded(self.order(run))))

    def is_possible(self, run: GraphExecution) -> bool:
        """Is there an order in which the interpreter gives the same result?"""
        seen: dict[str, list[Seen]] = {}
        for one in _in_order(run):
            ready = one.status != Status.INCOMPLETE
            seen.setdefault(self.keys[str(one.node_id)], []).append(Seen(self._by_key(values.received(one)), ready))
        try:
            return Search(seen, self.result(run)).succeeds(self.scenario.begun())
        except Undecided:
            return True

    def _by_key(self, value: Any) -> Any:
        text = json.dumps(value, default=str)
        for node_id, key in self.keys.items():
            text = text.replace(node_id, key)
        return json.loads(text)


def _in_order(run: GraphExecution) -> Any:
    return NodeExecution.objects.filter(run=run).order_by("ordinal", "id")


def chosen(choices: bytes) -> Order:
    """An order by these numbers, then the oldest message first."""
    coming = iter(choices)
    return lambda waiting: next(coming, 0) % waiting


def check(build: Build, drive: Driver, scenario: Scenario, order: Order) -> None:
    drive.messages.clear()
    GraphExecution.objects.alive().delete()  # of an example before that has failed
    case = Case(build, scenario)
    try:
        scenario.begun()
    except Refused:
        with pytest.raises((GraphInvalid, GraphValidationError)):
            case.start()
        return
    run = drive(case.start(), order=order)
    assert exact(case.result(run)) == exact(case.expected(run))


@examples
@given(graphs(), CHOICES)
def test_a_graph_does_what_the_specification_says_in_any_order(
    build: Build, drive: Driver, scenario: Scenario, choices: bytes
) -> None:
    check(build, drive, scenario, chosen(choices))


@examples
@given(graphs(), CHOICES)
def test_messages_that_come_twice_change_nothing(
    build: Build, drive: Driver, scenario: Scenario, choices: bytes
) -> None:
    drive.copies = 2
    check(build, drive, scenario, chosen(choices))


@examples
@given(graphs(), CHOICES, CHOICES)
def test_what_was_lost_is_made_up_for_by_the_sweep(
    build: Build, drive: Driver, scenario: Scenario, choices: bytes, losses: bytes
) -> None:
    coming = iter(losses)
    drive.loses = lambda message: next(coming, 0) % 2 == 1
    check(build, drive, scenario, chosen(choices))


@examples
@given(graphs(), CHOICES)
def test_large_values_travel_like_small_ones(
    build: Build, drive: Driver, settings: Settings, scenario: Scenario, choices: bytes
) -> None:
    settings.REFERENCE_BYTES, settings.FILE_BYTES = 4, 16  # large now is what does not fit into these
    check(build, drive, scenario, chosen(choices))


@pytest.mark.parametrize("order", [oldest, newest])
def test_the_scenarios_of_the_specification_end_as_expected(build: Build, drive: Driver, order: Order) -> None:
    wrong = {}
    for scenario in ROWS:
        case = Case(build, scenario)
        wrong[scenario.id] = list(differences(scenario, case.result(drive(case.start(), order=order))))
    assert {name: problems for name, problems in wrong.items() if problems} == {}


def test_a_required_pin_that_a_mask_took_away_is_reported(build: Build, drive: Driver) -> None:
    built = build({"a": ("Echo", {"x": 1}), "p": "Pair"}, "a.out -> p.b")
    run = drive(built.start(masks={"p": {"a": None}}))
    assert [unmet["missing"] for unmet in detail(run)["unmet_inputs"]] == [["a"]]


@pytest.mark.worker
@hypothesis(examples, max_examples=25, phases=[Phase.generate])
@given(graphs())
def test_what_workers_do_side_by_side_could_have_been_done_in_some_order(
    build: Build, workers: Callable[..., Any], scenario: Scenario
) -> None:
    case = Case(build, scenario)
    try:
        scenario.begun()
    except Refused:
        return
    run = case.start()
    workers(lambda: GraphExecution.objects.filter(pk=run.pk, ended_at__isnull=False).exists(), within=60)
    run.refresh_from_db()
    assert case.is_possible(run), case.result(run)
