"""W8: somebody has queued very much. How long does a node of somebody else wait?"""

import time
from statistics import median
from typing import Any

import redis

from accounts.models import User
from bench import graphs, workers
from bench.awaiting import OFTEN, await_all
from bench.probes.probe import Finding, Probe, Setting, ratio
from bench.workloads import Chain, Size
from config import brokers
from executions import services
from executions.models import GraphExecution, NodeExecution
from executions.states import Status

SMALL_RUNS = 10
OF_ONE_RUN = 1000


def queued(size: Size) -> int:
    return size.of(2000, least=20, full=20_000)


def neighbours(setting: Setting) -> list[Finding]:
    """With a worker for `engine` beside, as every installation has: starts do not queue behind nodes."""
    with workers.worker("config", "engine", setting.place.state, ("-P", "threads", "-c", "4")):
        return _neighbours(setting)


def _neighbours(setting: Setting) -> list[Finding]:
    patience = 60.0 if not setting.size.full else 300.0
    quiet = [_wait(setting, patience) for _ in range(SMALL_RUNS)]
    noisy, runs = _noise(setting)
    began = time.time()
    loud: list[float] = []
    while len(loud) < SMALL_RUNS and noisy.filter(status=Status.QUEUED).exists():
        loud.append(_wait(setting, patience))
        if loud[-1] >= patience:
            break
    left, seconds = noisy.filter(status=Status.QUEUED).count(), time.time() - began
    _silence(setting, runs)
    before, beside = median(quiet) * 1000, median(loud) * 1000 if loud else None
    return [
        Finding("quiet", "from the start of a run to that of its node, quiet", before, "ms"),
        Finding("beside", "the same next to the noise, median", beside, "ms"),
        Finding("beside_worst", "the same, longest", max(loud, default=0.0) * 1000 or None, "ms"),
        Finding("ratio", "next to the noise : quiet", ratio(beside, before), "x"),
        Finding("runs", "runs of the small one meanwhile", len(loud), ""),
        Finding("seconds", "they took", seconds, "s"),
        Finding("left", "nodes of the noisy one that still waited then", left, ""),
    ]


def _wait(setting: Setting, patience: float) -> float:
    """Seconds until the only node of a new run began; `patience` when it did not within that time."""
    version = setting.petiole.version(Chain(1))
    began = time.time()
    run = setting.petiole.start(version)
    nodes = NodeExecution.objects.filter(run=run)
    while not nodes.filter(status=Status.COMPLETED).exists():
        if time.time() - began > patience:
            services.stop_run(run)
            return patience
        time.sleep(OFTEN * 5)
    await_all(lambda: _final(run), pause=OFTEN * 5)
    return nodes.get().start_time.timestamp() - began  # type: ignore[union-attr]  # it is completed


def _final(run: GraphExecution) -> bool:
    run.refresh_from_db(fields=["status"])
    return run.is_final


def _noise(setting: Setting) -> tuple[Any, list[GraphExecution]]:
    """The noisy one's node executions, all of them sent, and the runs."""
    user, _ = User.objects.get_or_create(username="noisy")
    number = queued(setting.size)
    version = setting.petiole.store(graphs.beside_each_other(min(number, OF_ONE_RUN)), user)
    runs = [setting.petiole.start(version, user) for _ in range(-(-number // OF_ONE_RUN))]
    of_runs = GraphExecution.objects.filter(pk__in=[run.pk for run in runs])
    await_all(lambda: not of_runs.filter(status=Status.QUEUED).exists())
    return NodeExecution.objects.filter(run__in=runs), runs


def _silence(setting: Setting, runs: list[GraphExecution]) -> None:
    """Nothing of it disturbs what is measured next: neither runs nor messages that nobody needs any more."""
    for run in runs:
        services.stop_run(run, wait=60)
    with redis.Redis.from_url(setting.place.broker) as server:
        await_all(lambda: not server.llen("cpu") + server.llen(brokers.late("cpu")))


NEIGHBOURS = Probe("neighbours", lambda size: f"a small user next to one with {queued(size)} queued nodes", neighbours)
