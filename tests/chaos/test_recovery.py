"""Recovery is seen when everything that a fault hit has moved."""

from uuid import uuid4

import pytest
from django.utils import timezone

from config.chaos.place import Place
from config.chaos.recovery import Harm, Watch, held_by, sent
from config.chaos.stack import Stack
from executions.models import NodeExecution, NodeOutput
from executions.states import Status
from tests.chaos.conftest import Play


class Serving(Stack):
    """A stack whose parts serve when they are told to."""

    serves = False

    def ready(self, role: str) -> bool:
        return self.serves


@pytest.fixture
def watch(tmp_path: object) -> Watch:
    return Watch(Serving(Place("embedded", tmp_path, {})))  # type: ignore[arg-type]  # a pathlib.Path


def running(play: Play) -> NodeExecution:
    """An execution that a process seems to hold."""
    one = NodeExecution.objects.filter(run=play("chain", n=1)).first()
    assert one is not None
    rows = NodeExecution.objects.filter(pk=one.pk)
    holder = "process 4711 on here"
    rows.update(status=Status.RUNNING, end_time=None, claim_token=uuid4(), holder=holder, start_time=timezone.now())
    return one


def test_what_a_process_held_has_to_be_claimed_by_another(play: Play, watch: Watch) -> None:
    one = running(play)
    harm = Harm("killed", held_by(4711))
    assert set(harm.held) == {one.pk}
    assert held_by(471) == {}
    assert not watch.is_over(harm)
    NodeExecution.objects.filter(pk=one.pk).update(claim_token=uuid4())
    assert watch.is_over(harm)


def test_a_part_has_to_serve_and_an_output_to_be_stored_after_that(play: Play, watch: Watch) -> None:
    one = running(play)
    harm = Harm("killed", part="worker-io")
    assert not watch.is_over(harm)
    watch.stack.serves = True  # type: ignore[attr-defined]  # see Serving
    assert not watch.is_over(harm)
    assert not watch.is_over(harm)
    NodeOutput.objects.create(node_execution=one, epoch=9, sequence=0, pin="out", data=1, size=1)
    assert watch.is_over(harm)


def test_a_fault_that_hit_nothing_is_not_waited_for(watch: Watch) -> None:
    watch.add(Harm("messages doubled"))
    assert watch.open == []


def test_a_lost_copy_of_a_message_hits_nobody(play: Play) -> None:
    done = NodeExecution.objects.filter(run=play("chain", n=1)).values_list("pk", flat=True)
    assert sent(done) == {}
    NodeExecution.objects.filter(pk=done[0]).update(status=Status.QUEUED, end_time=None)
    assert set(sent(done)) == {done[0]}
