"""What one node, one value and one run ask of the database (docs/performance.md): it cannot creep up unseen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

import credits.prices
from executions.engine import admission
from executions.engine.attempt import Attempted, attempt
from executions.engine.claim import Ask, Holder, claim
from executions.engine.conclusion import conclude
from executions.models import GraphExecution, NodeExecution, NodeOutput
from executions.statements import insert_rows
from executions.states import Status
from tests.graphs_for_tests import Build, Built

CLAIM, FINISH = 1, 3
pytestmark = pytest.mark.usefixtures("no_messages", "transactional_db")


@contextmanager
def statements(number: int) -> Iterator[None]:
    """So many, transactions' own begin and end aside."""
    with CaptureQueriesContext(connection) as captured:
        yield
    # Django cannot tell the text of one that PostgreSQL was given apart from its values
    asked = [query["sql"] or "(prepared)" for query in captured.captured_queries]
    asked = [text for text in asked if not text.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]
    assert len(asked) == number, "\n".join(asked)


def ask(node: NodeExecution, version_id: UUID) -> Ask:
    return Ask(node.pk, node.dispatch, Holder("me"), node=(version_id, node.node_id))


def ended(node: NodeExecution, version_id: UUID) -> Attempted:
    return attempt(ask(node, version_id), lambda ready: None)


def begun(built: Built) -> tuple[GraphExecution, NodeExecution]:
    """An admitted run of which this process knows everything that it remembers, and its first node."""
    credits.prices.overrides()
    run = built.start()
    admission.admit(run.pk)
    return run, run.node_executions.get(status=Status.QUEUED)


@pytest.fixture
def chain(build: Build) -> Built:
    return build({"a": ("Echo", {"x": 1}), "b": "Echo", "c": "Echo"}, "a.out -> b.x", "b.out -> c.x")


def test_a_claim_is_one_statement(chain: Built) -> None:
    run, node = begun(chain)
    with statements(CLAIM):
        claim(ask(node, run.graph_version_id))


def test_a_node_of_a_chain_is_claimed_by_one_statement_and_ended_by_three(chain: Built) -> None:
    run, node = begun(chain)
    with statements(CLAIM + FINISH):
        done = ended(node, run.graph_version_id)
    with statements(CLAIM + FINISH):
        done = ended(done.ready[0], run.graph_version_id)
    with statements(CLAIM + FINISH - 1):  # nothing follows
        ended(done.ready[0], run.graph_version_id)


def test_a_value_that_waits_for_others_takes_three(build: Build) -> None:
    """The lock of the meeting point, the execution it is for, the value."""
    xs = {f"e{number}": ("Echo", {"x": number}) for number in range(5)}
    links = [f"e{number}.out -> l.values_$_{number}" for number in range(5)]
    built = build({**xs, "l": "CreateList"}, *links)
    run = built.start()
    admission.admit(run.pk)
    first, second, *_ = run.node_executions.filter(status=Status.QUEUED)
    ended(first, run.graph_version_id)
    with statements(CLAIM + 2 + 3):
        ended(second, run.graph_version_id)


def test_a_run_is_admitted_by_five_and_concluded_by_five(chain: Built, settings: Settings) -> None:
    settings.CREDITS = False
    _, node = begun(chain)  # from here on the plan is known
    run = chain.start()
    with statements(5):
        admission.admit(run.pk)
    node = run.node_executions.get(status=Status.QUEUED)
    while ready := ended(node, run.graph_version_id).ready:
        [node] = ready
    with statements(5):
        assert conclude(run.pk)


def test_rows_that_are_inserted_together_know_their_numbers_and_defaults(
    chain: Built, django_assert_num_queries: Callable[[int], object]
) -> None:
    run, node = begun(chain)
    outputs = [NodeOutput(node_execution=node, sequence=number, pin="p", size=1) for number in range(300)]
    insert_rows(outputs)
    stored = dict(NodeOutput.objects.filter(node_execution=node).values_list("pk", "sequence"))
    assert stored == {one.pk: one.sequence for one in outputs}
    fresh = NodeExecution(run=run, node_id=node.node_id, ordinal=9, add_time=node.add_time)
    insert_rows([fresh])
    assert fresh.status == Status.INCOMPLETE == NodeExecution.objects.get(pk=fresh.pk).status
