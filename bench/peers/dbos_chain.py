"""DBOS as a peer: a workflow of steps that do nothing, in one process, as its tutorial shows.

Arguments: the URL of a database of its own, and lengths of chains. Prints milliseconds per step, medians of five."""

import json
import sys
import time
from importlib.metadata import version
from statistics import median

from dbos import DBOS, DBOSConfig  # type: ignore[import-not-found]  # of the throwaway environment

REPEATS = 5


@DBOS.step()  # type: ignore[untyped-decorator]
def step(left: int) -> int:
    return left


@DBOS.workflow()  # type: ignore[untyped-decorator]
def chain(length: int) -> int:
    for number in range(length):
        step(number)
    return length


def main() -> None:
    url, *lengths = sys.argv[1:]
    config: DBOSConfig = {"name": "bench", "system_database_url": url, "run_admin_server": False}
    DBOS(config=config)
    DBOS.launch()
    chain(1)
    found = {}
    for length in map(int, lengths):
        taken = []
        for _ in range(REPEATS):
            began, cpu = time.monotonic(), time.process_time()
            chain(length)
            taken.append(((time.monotonic() - began) / length * 1000, (time.process_time() - cpu) / length * 1000))
        found[length] = {"ms_per_node": median(ms for ms, _ in taken), "cpu_ms_per_node": median(ms for _, ms in taken)}
    DBOS.destroy()
    settings = "in process, one step after the other, every step and the workflow stored; no queue"
    print(json.dumps({"version": version("dbos"), "settings": settings, "chains": found}))


if __name__ == "__main__":
    main()
