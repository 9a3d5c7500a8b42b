import threading
import time

from executions.models import NodeExecution
from tests.executions.driver import Driver
from tests.graphs_for_tests import Build


def test_the_cpu_time_of_a_node_is_that_of_its_own_block(drive: Driver, build: Build) -> None:
    """Another thread of the process computes all the while."""
    ended = threading.Event()

    def compute() -> None:
        while not ended.is_set():
            sum(range(1000))

    built = build({"s": ("Sleep", {"t": 0.5})})
    neighbour = threading.Thread(target=compute, daemon=True)
    began = time.process_time()
    neighbour.start()
    try:
        run = drive(built.start())
    finally:
        ended.set()
        neighbour.join()
    node = NodeExecution.objects.get(run=run)
    assert node.walltime >= 0.5
    assert time.process_time() - began > 2 * node.cputime
