"""An engine as many are first written (`python -m bench.polling_engine`): a table of steps, a loop that looks into it
ten times a second, and a pool of two processes.

It is as good as its idea allows: one look takes all that is ready, plain SQL on an index, connections stay open, and
one transaction per step stores its end and the next step. What is ready waits for the next look all the same."""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

import django

from config import lifeline

EVERY = 0.1
PROCESSES = 2
TABLE = (
    "CREATE TABLE bench_step (id VARCHAR(36) PRIMARY KEY, run VARCHAR(36) NOT NULL, steps INTEGER NOT NULL,"
    " status VARCHAR(8) NOT NULL, ended DOUBLE PRECISION)"
)
INDEX = "CREATE INDEX bench_step_of_status ON bench_step (status)"
NEW = "INSERT INTO bench_step (id, run, steps, status) VALUES (%s, %s, %s, 'READY')"
Step = tuple[str, str, int]


def main() -> None:
    _set_up(os.getppid())
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), partial(_set_up, os.getpid())) as pool:
        list(pool.map(abs, range(PROCESSES)))
        Path(os.environ["PETIOLE_READY_FILE"]).touch()
        while True:
            for step in taken():
                pool.submit(execute, step)
            time.sleep(EVERY)


def _set_up(parent: int) -> None:
    lifeline.end_with_parent(parent)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()


def taken() -> list[Step]:
    """All steps that are ready; they are RUNNING now."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute("SELECT id, run, steps FROM bench_step WHERE status = 'READY'")
        found: list[Step] = cursor.fetchall()
        if found:
            with transaction.atomic():
                ids = [(pk,) for pk, _, _ in found]
                cursor.executemany("UPDATE bench_step SET status = 'RUNNING' WHERE id = %s", ids)
    return found


def execute(step: Step) -> None:
    """The step does nothing; its end and the next one are stored together."""
    from django.db import connection, transaction

    pk, run, steps = step
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE bench_step SET status = 'DONE', ended = %s WHERE id = %s", [time.time(), pk])
        if steps > 1:
            cursor.execute(NEW, [str(uuid4()), run, steps - 1])


if __name__ == "__main__":
    main()
