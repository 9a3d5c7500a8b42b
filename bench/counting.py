"""What counting costs a node: `python -m bench.counting`. In the process's memory, then in a slot of a folder."""

import os
import tempfile
import timeit
from pathlib import Path

import django

ROUNDS = 20_000


def node() -> None:
    """What one node execution counts on a worker with a page."""
    from executions import metrics as counted

    counted.count(counted.BUSY, "prefork")
    counted.observe(counted.QUEUE_SECONDS, "cpu", 0.013)
    counted.count(counted.NODES, "COMPLETED")
    counted.observe(counted.NODE_SECONDS, "EchoBlock", 0.0002)
    counted.count(counted.BUSY, "prefork", -1)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup(set_prefix=False)
    print("in memory:", figure())
    from config.metrics import share

    with tempfile.TemporaryDirectory() as folder:
        share(Path(folder))
        print("in a slot:", figure())


def figure() -> str:
    node()
    best = min(timeit.repeat(node, number=ROUNDS, repeat=5)) / ROUNDS
    return f"{best * 1e6:.1f} µs per node"


if __name__ == "__main__":
    main()
