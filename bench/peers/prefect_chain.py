"""Prefect 3 as a peer: a flow of tasks that do nothing, in one process, against a server of its own.

Arguments: lengths of chains. Prints milliseconds per task, medians of three."""

import json
import sys
import time
from importlib.metadata import version
from statistics import median

from prefect import flow, task  # type: ignore[import-not-found]  # of the throwaway environment

REPEATS = 3


@task  # type: ignore[untyped-decorator]
def step(number: int) -> int:
    return number


@flow  # type: ignore[untyped-decorator]
def chain(length: int) -> int:
    for number in range(length):
        step(number)
    return length


def main() -> None:
    chain(1)  # starts the server
    found = {}
    for length in map(int, sys.argv[1:]):
        taken = []
        for _ in range(REPEATS):
            began, cpu = time.monotonic(), time.process_time()
            chain(length)
            taken.append(((time.monotonic() - began) / length * 1000, (time.process_time() - cpu) / length * 1000))
        found[length] = {"ms_per_node": median(ms for ms, _ in taken), "cpu_ms_per_node": median(ms for _, ms in taken)}
    settings = "in process, the temporary server that a flow starts by itself, on SQLite"
    print(json.dumps({"version": version("prefect"), "settings": settings, "chains": found}))


if __name__ == "__main__":
    main()
