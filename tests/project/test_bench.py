"""The benchmark works. What it measures is nobody's promise: times are printed, not asserted."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from bench.figures import figures
from bench.place import own_redis
from bench.samples import Sample, at
from bench.targets import other_profile, targets
from bench.workloads import Chain, Measured, Size, Workload, workloads
from config import embedded
from config.supervisor import broker
from tests.project.documents import ROOT
from tests.stack import ended, eventually

WORKLOADS = {work.key for work in workloads(Size())}
PROBES = {"waits", "loop", "series", "neighbours", "history", "stack"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A broker that nobody else uses."""
    listener = embedded.socket_path(tmp_path)
    with subprocess.Popen(broker.role(tmp_path, listener).command) as process, ended(process):
        eventually(lambda: broker.answers(listener))
        yield f"unix://{listener}"


@pytest.mark.worker
@pytest.mark.timeout(900)  # it starts two dozen processes one after the other
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
    assert {probe["key"] for probe in result["probes"]} == PROBES
    of_itself = [target["measured"] for target in result["targets"] if not target["text"].startswith("embedded : ")]
    assert None not in of_itself[-4:]
    assert result["memory"]["idle"]["workers"]["pss"] > 0


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
    assert takes["time"] == {"median": 2.5, "min": 2.0, "p95": 3.0, "max": 3.0, "samples": 2.0}
    assert takes["cpu"] == {"median": 2.5, "min": 2.0, "p95": 3.0, "max": 3.0, "samples": 2.0}
    assert work["contenders"]["petiole"]["ms_per_node"]["median"] == 400


def result(profile: str, ms_per_node: float, **more: Any) -> dict[str, Any]:
    """As `make bench` writes it, with one workload."""
    found = {"ms_per_node": {"median": ms_per_node}}
    works = [{"key": "chain-long", "contenders": {"petiole": found, "celery chain": more}}]
    return {"profile": profile, "scale": 1.0, "full": False, "workloads": works, "probes": []}


def test_a_target_is_met_missed_or_was_not_measured() -> None:
    takes = {"time": {"median": 2.0}, "cpu": None}
    found = {each["text"]: each for each in targets(result("production", 8, petiole_takes=takes), None)}
    hop = found["chain: time per hop : celery chain"]
    assert (hop["bound"], hop["measured"], hop["met"]) == (1.5, 2.0, False)
    assert found["many runs: time : publish-next"]["met"] is None


def test_the_profiles_are_compared_by_the_newest_result_of_the_other_one(tmp_path: Path) -> None:
    for name, ms in ("2026-01-01", 9.0), ("2026-01-02", 6.0):
        (tmp_path / f"{name}-embedded.json").write_text(json.dumps(result("embedded", ms)))
    (tmp_path / "2026-01-03-embedded.json").write_text(json.dumps(result("embedded", 1) | {"scale": 0.1}))
    production = result("production", 8)
    (*_, one, _) = targets(production, other_profile(production, tmp_path))
    assert one["measured"] == 0.75
    assert one["met"]
    assert other_profile(result("embedded", 6), tmp_path) is None


def test_memory_and_cpu_are_read_between_two_samples_in_a_straight_line() -> None:
    samples = [Sample(10.0, 1.0, 200.0), Sample(12.0, 3.0, 220.0)]
    assert at(samples, 11.0) == Sample(11.0, 2.0, 210.0)
    assert at(samples, 9.0) == samples[0]
    assert at(samples, 13.0) == samples[1]
