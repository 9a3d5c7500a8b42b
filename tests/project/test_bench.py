"""The benchmark works. What it measures is nobody's promise: times are printed, not asserted."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from bench.figures import figures
from bench.place import own_redis
from bench.workloads import Chain, Measured, Workload
from config import embedded
from config.supervisor import broker
from tests.project.documents import ROOT
from tests.stack import ended, eventually

WORKLOADS = {"chain-short", "chain-long", "join", "throughput"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A broker that nobody else uses."""
    listener = embedded.socket_path(tmp_path)
    with subprocess.Popen(broker.role(tmp_path, listener).command) as process, ended(process):
        eventually(lambda: broker.answers(listener))
        yield f"unix://{listener}"


@pytest.mark.worker
def test_the_benchmark_runs_to_its_end_and_writes_what_it_measured(tmp_path: Path, server: str) -> None:
    production = "DATABASE_URL" in os.environ
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    command = [sys.executable, "-m", "bench", "--rounds", "1", "--scale", "0.02", "--results", str(tmp_path / "out")]
    subprocess.run(command, cwd=ROOT, env=environment | ({"REDIS_URL": server} if production else {}), check=True)
    (file,) = (tmp_path / "out").glob("*.json")
    result = json.loads(file.read_text())
    assert result["profile"] == ("production" if production else "embedded")
    assert {work["key"] for work in result["workloads"]} == WORKLOADS
    for work in result["workloads"]:
        assert "petiole" in work["contenders"]
        for name, found in work["contenders"].items():
            assert found["ms_per_node"]["median"] > 0
            assert ("petiole_takes" in found) == (name != "petiole")


def test_a_redis_database_that_is_in_use_is_left_alone(server: str) -> None:
    with redis.Redis.from_url(server) as client:
        client.set("somebody's", "thing")
        with pytest.raises(SystemExit, match="is in use: name an empty one"), own_redis(server):
            pass
        assert client.get("somebody's") == b"thing"


def test_ratios_compare_what_was_measured_in_the_same_round() -> None:
    def took(*seconds: float) -> list[Measured]:
        return [Measured(nodes=10, seconds=each, starting=0.0, cpu={"workers": each / 2}) for each in seconds]

    taken = {"chain": {"petiole": [took(2, 4), took(30)], "celery": [took(1, 2), took(10)]}}
    (work,) = figures(taken, [Workload("chain", "chain of 10", Chain(10))])
    takes = work["contenders"]["celery"]["petiole_takes"]
    assert takes["time"] == {"median": 2.5, "min": 2.0, "max": 3.0, "samples": 2.0}
    assert takes["cpu"] == {"median": 2.5, "min": 2.0, "max": 3.0, "samples": 2.0}
    assert work["contenders"]["petiole"]["ms_per_node"]["median"] == 400
