"""Models that call nodes, on real workers."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from celery import current_app

import credits.services
from accounts.models import User
from credits import audit
from executions import detail, services
from executions.states import Status
from tests import stack
from tests.executions.deciders import BACK, asked, decider
from tests.executions.runs import TEST_BLOCKS, end_of, runs_now, statuses
from tests.graphs_for_tests import Build
from tests.llm.model_server import Line, ModelServer, speaking
from tests.stack import eventually

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("broker", "transactional_db")]

LOOK, ASK = ("look_up", {"x": "tea"}), ("ask", {"q": "mint"})


@contextmanager
def workers(*lines: Line) -> Iterator[ModelServer]:
    """For io, cpu and engine, whose models all say these lines."""
    with speaking(*lines) as model:
        places = {"PETIOLE_SERVICE_URLS": f"*={model.url}", "PETIOLE_OUTBOUND_ALLOW": model.url.split("/")[2]}
        with stack.worker("io,cpu,engine", "-P", "threads", "-c", "8", **places):
            yield model
    current_app.control.purge()


def test_a_model_calls_a_node_and_an_agent_by_links_or_itself(build: Build, user: User) -> None:
    by_links, itself = decider(build, *BACK), decider(build, agent_mode_max_iterations=5)
    purse = credits.services.balance(user.pk)
    with workers([LOOK], [ASK], "One.", [LOOK, ASK], "Two."):
        first = end_of(asked(by_links, user))
        second = end_of(asked(itself, user))
    assert [detail.outputs(run) for run in (first, second)] == [{"answer": ["One."]}, {"answer": ["Two."]}]
    assert [run.stats["cost"] for run in (first, second)] == [20, 20]
    assert purse - credits.services.balance(user.pk) == 40
    assert list(audit.differences()) == []


def test_a_stop_ends_the_called_nodes_and_their_caller(build: Build, user: User) -> None:
    built = decider(build, tool=TEST_BLOCKS["Asleep"], below=TEST_BLOCKS["Asleep"], agent_mode_max_iterations=-1)
    with workers([LOOK, ASK]) as model:
        run = asked(built, user)
        eventually(lambda: runs_now(built, run, "t") and statuses(built, run, "a") == ["RUNNING"])
        stopped = services.stop_run(run, wait=10)
    assert stopped.status == Status.TERMINATED
    assert [statuses(built, run, key) for key in "dta"] == [["TERMINATED"]] * 3
    assert len(model.requests) == 1


def test_a_called_node_is_tried_again_before_it_is_an_answer(build: Build, user: User) -> None:
    built = decider(build, tool=TEST_BLOCKS["Flaky"], agent_mode_max_iterations=3)
    retried = built.version.nodes.get(pk=built.ids["t"])
    retried.metadata |= {"retry": {"attempts": 2, "delay_seconds": 0.1}}
    retried.save()
    with workers([LOOK], "Done.") as model:
        run = end_of(asked(built, user))
    assert detail.outputs(run) == {"answer": ["Done."]}
    assert model.requests[1]["messages"][-1]["content"] == '{"out": [1, 2]}'
    assert (statuses(built, run, "t"), run.stats["cost"]) == (["COMPLETED"], 7)
