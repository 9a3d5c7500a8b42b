"""W10: nodes that wait for something outside, on one io worker process as `manage.py up` starts it."""

import time

from bench import graphs, workers
from bench.probes.probe import Finding, Probe, Setting, ratio
from bench.workloads import Size

SECONDS = 1.0
THREADS, CONNECTIONS = 128, 16


def number(size: Size) -> int:
    return size.of(500, least=5)


def waits(setting: Setting) -> list[Finding]:
    nodes = number(setting.size)
    pool = ("-P", "threads", "-c", str(THREADS))
    with workers.worker("config", "io", setting.place.state, pool, PETIOLE_POOL=str(CONNECTIONS)):
        warm = setting.petiole.store(graphs.waiters(1, 0))
        setting.petiole.ended(setting.petiole.start(warm))
        version = setting.petiole.store(graphs.waiters(nodes, SECONDS))
        began = time.time()
        run = setting.petiole.start(version)
        end = setting.petiole.ended(run)
    setting.petiole.check([run.pk], nodes)
    least = -(-nodes // THREADS) * SECONDS
    return [
        Finding("seconds", "from the start of the run to its end", end - began, "s"),
        Finding("least", f"with {THREADS} threads it takes at least", least, "s"),
        Finding("ratio", "the first : the second", ratio(end - began, least), "x"),
    ]


WAITS = Probe("waits", lambda size: f"{number(size)} nodes that wait {SECONDS:g} s, one io worker process", waits)
