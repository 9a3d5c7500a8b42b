"""Takes turns: every workload by every contender in every round, so that a change of the machine meets all of them."""

from collections.abc import Callable, Sequence

from bench.workloads import Contender, Measured, Workload

# workload → contender → round → measurements
Taken = dict[str, dict[str, list[list[Measured]]]]


def take(
    contenders: Sequence[Contender], workloads: Sequence[Workload], rounds: int, say: Callable[[str], None]
) -> Taken:
    """The first turn of each warms it up and is not counted; what is run once finds everything warm. Who begins changes
    from round to round."""
    taken: Taken = {work.key: {each.name: [] for each in contenders if each.takes(work.shape)} for work in workloads}
    for work in workloads:
        for each in _able(contenders, work) if not work.once else ():
            say(f"warming up: {work.title}, {each.name}")
            each.run(work.shape, min(work.runs, 10))
    for number in range(rounds):
        for work in [each for each in workloads if number == 0 or not each.once]:
            able = _able(contenders, work)
            say(f"round {number + 1} of {rounds}: {work.title}")
            for name, measured in _turns(able[number % len(able) :] + able[: number % len(able)], work).items():
                taken[work.key][name].append(measured)
    return taken


def _able(contenders: Sequence[Contender], work: Workload) -> list[Contender]:
    return [each for each in contenders if each.takes(work.shape)]


def _turns(contenders: Sequence[Contender], work: Workload) -> dict[str, list[Measured]]:
    measured: dict[str, list[Measured]] = {each.name: [] for each in contenders}
    for _ in range(work.repeats):
        for each in contenders:
            measured[each.name].append(each.run(work.shape, work.runs))
    return measured
