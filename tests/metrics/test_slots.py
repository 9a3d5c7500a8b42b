"""Slots: each process counts in its own files, and what it has counted outlives it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from config.slots import Slots

HOLD = """
import pathlib, sys, time
from config.slots import Slots
slots = Slots(pathlib.Path(sys.argv[1]))
slots.take()
print(slots.number, flush=True)
time.sleep(60)
"""
KEY = mmap_key("petiole_things", "petiole_things_total", ["kind"], ["a"], "Things")


def taken(folder: Path) -> Slots:
    slots = Slots(folder)
    slots.take()
    return slots


def let_go(slots: Slots) -> None:
    """What the kernel does when a process ends."""
    assert slots._lock is not None
    os.close(slots._lock)
    slots._lock = None


def add(slots: Slots, number: float, prefix: str = "counter") -> None:
    kind: Any = MmapedDict  # it has no types
    file = kind(str(slots.folder / f"{prefix}_{slots.number}.db"))
    file.write_value(KEY, file.read_value(KEY)[0] + number, 0.0)
    file.close()


def total(slots: Slots) -> float:
    return float(sum(sample.value for metric in slots.collect() for sample in metric.samples))


def test_processes_that_live_have_different_slots(tmp_path: Path) -> None:
    assert [taken(tmp_path).number for _ in range(3)] == [1, 2, 3]


def test_the_sum_outlives_a_process_and_its_slot_is_used_again(tmp_path: Path) -> None:
    first, second = taken(tmp_path), taken(tmp_path)
    add(first, 3)
    add(second, 4)
    let_go(second)
    assert total(first) == 7
    third = taken(tmp_path)
    add(third, 1)
    assert (third.number, total(first)) == (2, 8)


def test_what_a_dead_process_was_doing_is_no_longer_done(tmp_path: Path) -> None:
    first, second = taken(tmp_path), taken(tmp_path)
    add(first, 1, "gauge_livesum")
    add(second, 1, "gauge_livesum")
    assert total(first) == 2
    let_go(second)
    assert total(first) == 1
    taken(tmp_path)
    assert total(first) == 1


def test_the_first_of_a_new_life_begins_at_zero(tmp_path: Path) -> None:
    first = taken(tmp_path)
    add(first, 3)
    let_go(first)
    assert total(taken(tmp_path)) == 0


def test_a_killed_process_gives_its_slot_back(tmp_path: Path) -> None:
    mine = taken(tmp_path)
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"2\n"
        assert not mine._is_free(2)
        other.kill()
        other.wait()
    assert mine._is_free(2)


def test_a_forked_process_takes_a_slot_of_its_own_and_leaves_its_parent_his(tmp_path: Path) -> None:
    mine = taken(tmp_path)
    child = os.fork()
    if not child:
        mine.take()
        os._exit(mine.number)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    assert not mine._is_free(1)


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(ImproperlyConfigured, match="it belongs to somebody else"):
        Slots(tmp_path)


def test_the_files_of_a_slot_are_written_in_full(tmp_path: Path) -> None:
    """A hole in a file that is mapped into memory kills the process when the disk is full."""
    slots = taken(tmp_path)
    for file in slots.folder.glob("*.db"):
        assert file.stat().st_blocks * 512 >= file.stat().st_size > 0
