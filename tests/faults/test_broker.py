"""The broker is a cache: whatever happens to it, runs that are under way go on, and new ones may be started."""

import signal
import time
from collections.abc import Callable

import pytest

from executions.models import GraphExecution
from tests.faults.servers import Broker, Installation
from tests.faults.slow_runs import RUNS, are_right, under_way
from tests.graphs_for_tests import Built
from tests.stack import eventually

pytestmark = pytest.mark.worker
Start = Callable[[], GraphExecution]


def emptied(broker: Broker) -> None:
    broker.client.flushall()


def restarted_with_its_data(broker: Broker) -> None:
    broker.end()
    broker.start()


def gone_for_a_while(broker: Broker) -> None:
    """And when it comes back it knows nothing."""
    broker.end()
    broker.forget()
    time.sleep(2)
    broker.start()


def silent_for_a_while(broker: Broker) -> None:
    """It accepts connections and says nothing: what a lost network looks like."""
    broker.send_signal(signal.SIGSTOP)
    time.sleep(4)
    broker.send_signal(signal.SIGCONT)


@pytest.mark.parametrize(
    "happens",
    [emptied, restarted_with_its_data, gone_for_a_while, silent_for_a_while],
)
def test_runs_go_on_whatever_happens_to_the_broker(
    installation: Installation, graph: Built, start: Start, happens: Callable[[Broker], None]
) -> None:
    runs = [start() for _ in range(RUNS)]
    eventually(lambda: under_way(runs))
    happens(installation.broker)
    are_right(graph, [*runs, start()])


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP])
def test_a_run_that_is_started_without_a_broker_is_accepted_at_once_and_runs_later(
    installation: Installation, graph: Built, start: Start, ending: signal.Signals
) -> None:
    broker = installation.broker
    broker.end() if ending is signal.SIGKILL else broker.send_signal(ending)
    began = time.monotonic()
    runs = [start() for _ in range(RUNS)]
    took = time.monotonic() - began
    broker.start() if ending is signal.SIGKILL else broker.send_signal(signal.SIGCONT)
    assert took < 8  # one that says nothing is waited for once, not once for every run
    are_right(graph, runs)
