"""The words of the command line: read once by `manage.py chaos`, and again by the process that does the work."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Self

MOST_MINUTES = 7 * 24 * 60


@dataclass(frozen=True)
class Options:
    """`runs`: how many are kept going at the same time. `pause`: seconds between two faults, on the average."""

    minutes: float
    seed: int
    runs: int
    pause: float
    report: Path | None
    keep: bool

    @classmethod
    def of(cls, read: Namespace) -> Self:
        return cls(read.minutes, read.seed, read.runs, read.pause, read.report, read.keep)

    def words(self) -> list[str]:
        """As they are written on a command line."""
        words = ["--minutes", f"{self.minutes:g}", "--seed", str(self.seed), "--runs", str(self.runs)]
        words += ["--pause", f"{self.pause:g}"]
        words += [] if self.report is None else ["--report", str(self.report)]
        return words + (["--keep"] if self.keep else [])


def declare(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--minutes", type=_minutes, default=3.0, metavar="M", help="how long things go wrong (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="S", help="which faults happen when, and which graphs run (default: 1)"
    )
    parser.add_argument(
        "--runs", type=_whole, default=200, metavar="N", help="runs kept going at a time (default: %(default)s)"
    )
    parser.add_argument(
        "--pause", type=_pause, default=1.0, metavar="SECONDS", help="between two faults, on the average (default: 1.0)"
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write the report there: Markdown, or JSON for *.json"
    )
    parser.add_argument("--keep", action="store_true", help="keep the state folder even when everything was right")


def _minutes(text: str) -> float:
    return _between(text, 0.05, MOST_MINUTES)


def _pause(text: str) -> float:
    return _between(text, 0.1, 600)


def _between(text: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not least <= number <= most:
        raise ArgumentTypeError(f"use a number from {least:g} to {most:g}")
    return number


def _whole(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise ArgumentTypeError("use a number from 1 to 10000")
    return int(text)
