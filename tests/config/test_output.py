import os
import sys
from collections.abc import Iterator
from typing import IO

import pytest

from config.supervisor.output import CHUNK, Lines, say


@pytest.fixture
def pipe() -> Iterator[tuple[IO[bytes], int]]:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as reader:
        yield reader, write


def test_every_line_says_whose_it_is(capsys: pytest.CaptureFixture[str], pipe: tuple[IO[bytes], int]) -> None:
    wakeup, wake = os.pipe()
    lines = Lines(wakeup)
    lines.follow("web", pipe[0])
    os.write(pipe[1], b"first\nsec")
    lines.pump(1)
    os.write(pipe[1], b"ond\xff\n\nlast words")
    os.close(pipe[1])
    os.write(wake, b"\0")
    lines.pump(1)
    lines.pump(1)
    assert capsys.readouterr().out == "       web | first\n       web | second\ufffd\n       web | last words\n"
    assert pipe[0].closed


def test_a_line_without_an_end_does_not_fill_the_memory(
    capsys: pytest.CaptureFixture[str], pipe: tuple[IO[bytes], int]
) -> None:
    lines = Lines(os.pipe()[0])
    lines.follow("web", pipe[0])
    for _ in range(CHUNK // 4096 + 1):
        os.write(pipe[1], b"x" * 4096)
        lines.pump(1)
    assert len(capsys.readouterr().out) > CHUNK


def test_the_work_goes_on_when_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        say("into the void")
        say("and again")
