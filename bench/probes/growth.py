"""W7: does a pass cost the same at the end as at the beginning? A loop, and a node that emits very much."""

from typing import Any

from bench import graphs
from bench.awaiting import await_all
from bench.probes.probe import Finding, Probe, Setting, ratio
from bench.samples import Samples
from bench.workloads import Size
from executions.models import GraphExecution, NodeExecution


def passes(size: Size) -> int:
    return size.of(1000, least=20, full=10_000)


def loop(setting: Setting) -> list[Finding]:
    number = passes(setting.size)
    run, samples = _run(setting, graphs.loop(number), number + 1)
    return _tenths(_moments(run, "end_time")[1:], samples, "pass", "pass")


def series(setting: Setting) -> list[Finding]:
    number = passes(setting.size)
    run, samples = _run(setting, graphs.series(number), number + 1)
    emitted, executed = _moments(run, "queue_time")[1:], _moments(run, "end_time")
    first, last = _pace(emitted)
    return [
        Finding("emitted_first", "an output, first tenth: until it was routed", first, "ms"),
        Finding("emitted_last", "an output, last tenth", last, "ms"),
        Finding("emitted_ratio", "last : first", ratio(last, first), "x"),
        *_tenths(executed, samples, "node", "node behind it"),
    ]


def _run(setting: Setting, body: dict[str, Any], nodes: int) -> tuple[GraphExecution, Samples]:
    version = setting.petiole.store(body)
    samples = Samples(setting.processes)
    run = setting.petiole.start(version)
    await_all(lambda: samples.while_waiting(lambda: _final(run)))
    samples.take()
    setting.petiole.check([run.pk], nodes)
    return run, samples


def _final(run: GraphExecution) -> bool:
    run.refresh_from_db(fields=["status"])
    return run.is_final


def _moments(run: GraphExecution, column: str) -> list[float]:
    found = NodeExecution.objects.filter(run=run).order_by(column).values_list(column, flat=True)
    return [moment.timestamp() for moment in found]


def _pace(moments: list[float]) -> tuple[float, float]:
    """Milliseconds from one to the next, in the first and in the last tenth."""
    tenth = max(1, len(moments) // 10)
    return (
        (moments[tenth] - moments[0]) / tenth * 1000,
        (moments[-1] - moments[-1 - tenth]) / tenth * 1000,
    )


def _tenths(moments: list[float], samples: Samples, key: str, text: str) -> list[Finding]:
    tenth = max(1, len(moments) // 10)
    first, last = _pace(moments)
    places = moments[0], moments[tenth], moments[-1 - tenth], moments[-1]
    begin, early, late, end = map(samples.at, places)
    cpu_first, cpu_last = ((after.cpu - before.cpu) / tenth * 1000 for before, after in ((begin, early), (late, end)))
    return [
        Finding(f"{key}_first", f"a {text}, first tenth", first, "ms"),
        Finding(f"{key}_last", f"a {text}, last tenth", last, "ms"),
        Finding(f"{key}_ratio", "last : first", ratio(last, first), "x"),
        Finding("cpu_first", "CPU of all processes, first tenth", cpu_first or None, "ms"),
        Finding("cpu_last", "CPU of all processes, last tenth", cpu_last or None, "ms"),
        Finding("cpu_ratio", "last : first", ratio(cpu_last, cpu_first), "x"),
        Finding("memory_first", "memory of the worker after the first tenth", early.memory or None, "MB"),
        Finding("memory_last", "memory of the worker at the end", end.memory or None, "MB"),
        Finding("memory_ratio", "end : first tenth", ratio(end.memory, early.memory), "x"),
    ]


LOOP = Probe("loop", lambda size: f"a node that feeds itself, {passes(size)} passes", loop)
SERIES = Probe("series", lambda size: f"a node with {passes(size)} outputs, each of which starts a node", series)
