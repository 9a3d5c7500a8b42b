"""W9: is anything slower when very much has been executed before?"""

from statistics import median

from accounts.models import User
from bench import graphs, rounds
from bench.figures import Measure, cpu_of, ms_per_node
from bench.probes.probe import Finding, Probe, Setting, ratio
from bench.rows import analyze, fill, finished
from bench.sweep import milliseconds
from bench.workloads import Chain, Measured, Size, Workload
from executions import services, sweeping

Turns = dict[str, list[list[Measured]]]

EACH = 100  # node executions of a finished run


def rows(size: Size) -> int:
    return size.of(100_000, least=1000, full=1_000_000)


def history(setting: Setting) -> list[Finding]:
    """Two moments are compared. Raw Celery, which has no history, is measured beside it at both: it tells whether the
    machine has changed meanwhile."""
    long, many = setting.size.of(100, least=3), setting.size.of(100, least=2)
    works = [
        Workload("chain", f"chain of {long}", Chain(long), repeats=2),
        Workload("many", f"{many} runs of 5 nodes", Chain(5), runs=many),
    ]
    before, swept = _turns(setting, works), milliseconds(sweeping.sweep)
    _fill(setting)
    after, swept_after = _turns(setting, works), milliseconds(sweeping.sweep)
    found = [each for work in works for each in _compared(work, before[work.key], after[work.key])]
    return [
        *found,
        Finding("sweep_before", "a sweep that finds nothing to do, before", swept, "ms"),
        Finding("sweep_after", "the same, after", swept_after, "ms"),
    ]


def _turns(setting: Setting, works: list[Workload]) -> rounds.Taken:
    return rounds.take([setting.petiole, setting.yardstick], works, setting.rounds, setting.say)


def _fill(setting: Setting) -> None:
    setting.say(f"writing {rows(setting.size)} finished node executions")
    user = User.objects.create_user("months")
    version = setting.petiole.store(graphs.beside_each_other(1), user)
    run = services.start(user=user, version=version)
    setting.petiole.ended(run)
    fill(finished(run), rows(setting.size) // EACH, each=EACH)
    analyze()


def _compared(work: Workload, before: Turns, after: Turns) -> list[Finding]:
    subject, yardstick = list(before)
    early, late = (_of(taken[subject], ms_per_node) for taken in (before, after))
    cpu = ratio(_of(after[subject], cpu_of()), _of(before[subject], cpu_of()))
    machine = ratio(_of(after[yardstick], ms_per_node), _of(before[yardstick], ms_per_node))
    return [
        Finding(f"{work.key}_before", f"{work.title}, per node, before", early, "ms"),
        Finding(f"{work.key}_after", f"{work.title}, per node, after", late, "ms"),
        Finding(f"{work.key}_ratio", "after : before, time", ratio(late, early), "x"),
        Finding(f"{work.key}_cpu", "after : before, CPU", cpu, "x"),
        Finding(f"{work.key}_machine", f"after : before, time of {yardstick}", machine, "x"),
    ]


def _of(turns: list[list[Measured]], measure: Measure) -> float | None:
    """The median of the rounds."""
    known = [value for value in map(measure, turns) if value is not None]
    return median(known) if known else None


HISTORY = Probe("history", lambda size: f"before and after {rows(size):,} finished node executions", history)
