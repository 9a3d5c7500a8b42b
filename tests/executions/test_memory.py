"""Values that one run keeps and another finds."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from blocks.library.persist_information import PersistInformationBlock
from blocks.library.retrieve_information import RetrieveInformationBlock
from blocks.sdk.memory import Scope
from executions.engine.memory import RunMemory
from executions.errors import LostClaim
from executions.models import Remembered
from executions.states import Status
from tests.executions.driver import Driver
from tests.executions.runs import values
from tests.graphs_for_tests import Build, Built

pytestmark = [pytest.mark.usefixtures("drive")]
KEEP, FIND = PersistInformationBlock.id, RetrieveInformationBlock.id


def keeper(build: Build, value: Any, **more: Any) -> Built:
    return build({"k": (KEEP, {"key": "city", "value": value} | more)})


def finder(build: Build, **more: Any) -> Built:
    return build({"f": (FIND, {"key": "city", "default_value": "nowhere"} | more), "e": "Echo"}, "f.value -> e.x")


def test_a_later_run_of_the_agent_finds_what_was_kept(build: Build, drive: Driver) -> None:
    nodes = {"f": (FIND, {"key": "n", "default_value": 0}), "k": (KEEP, {"key": "n"}), "p": ("Echo", {}), "e": "Echo"}
    built = build(nodes, "f.value -> e.x", "f.value -> p.x", "p.out -> k.value")
    drive(built.start())
    Remembered.objects.update(value=[1, {"a": None}])
    assert values(built, drive(built.start()), "e") == [[1, {"a": None}]]


@pytest.mark.parametrize("value", [0, "", [], False])
def test_what_is_empty_is_kept_too(build: Build, drive: Driver, value: Any) -> None:
    kept = keeper(build, value, scope="across_agents")
    assert values(kept, drive(kept.start()), "k", "value") == [value]
    found = finder(build, scope="across_agents")
    assert values(found, drive(found.start()), "e") == [value]


def test_what_one_agent_keeps_for_itself_no_other_finds(build: Build, drive: Driver) -> None:
    drive(keeper(build, "Rome").start())
    found = finder(build)
    assert values(found, drive(found.start()), "e") == ["nowhere"]


def test_what_is_shared_is_shared_by_the_agents_of_one_user(build: Build, drive: Driver) -> None:
    drive(keeper(build, "Rome", scope="across_agents").start())
    drive(keeper(build, "Oslo", scope="across_agents").start())
    assert Remembered.objects.count() == 1
    theirs = finder(Build(User.objects.create_user("eve")), scope="across_agents")
    theirs_too = finder(build, scope="across_agents")
    assert values(theirs_too, drive(theirs_too.start()), "e") == ["Oslo"]
    assert Remembered.objects.filter(user=theirs.version.graph.owner).count() == 0


def test_an_attempt_that_has_lost_its_claim_keeps_nothing(build: Build, drive: Driver) -> None:
    built = keeper(build, "Rome")
    run = built.start()
    [one] = built.of(run, "k")
    memory = RunMemory(run.user_id, built.version.graph_id, one.pk, uuid4())
    with pytest.raises(LostClaim):
        memory.set("city", Scope.WITHIN_AGENT, "Rome")
    assert not Remembered.objects.exists()


def test_what_is_too_large_is_refused(build: Build, drive: Driver, settings: Any) -> None:
    settings.MAX_OUTPUT_BYTES = 1024
    built = keeper(build, "x" * 2000)
    run = drive(built.start())
    assert built.of(run, "k")[0].status == Status.FAILED
    assert "at most 1024 can be kept" in built.of(run, "k")[0].stats["error"]
