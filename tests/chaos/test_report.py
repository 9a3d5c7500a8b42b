import json
from collections import Counter
from pathlib import Path

import pytest

from config.chaos.options import Options
from config.chaos.report import Report
from config.chaos.verdict import Verdict, Violation

OPTIONS = Options(minutes=0.5, seed=7, runs=10, pause=1.0, report=None, keep=False)


@pytest.fixture
def report() -> Report:
    return Report(
        profile="embedded",
        options=OPTIONS,
        seconds=30.0,
        faults=Counter({"web killed": 2, "messages lost": 1}),
        without_target=0,
        times={"web killed": [1.0, 3.0]},
        unseen=[],
        draining=4.0,
        lost_answers=1,
        errors=0,
        verdict=Verdict(checked=Counter({"chain": 3})),
    )


def test_the_last_line_says_how_many_violations_there_are(report: Report) -> None:
    assert list(report.lines())[-1] == "violations: 0"
    report.verdict.add("a-run", "chain", ["an output is gone", "a charge is there twice"], rows="rows.json")
    lines = list(report.lines())
    assert lines[-1] == "violations: 2"
    assert "- VIOLATION seed 7, run a-run (chain): an output is gone rows.json" in lines


def test_recovery_is_shown_by_kind_and_for_all(report: Report) -> None:
    lines = list(report.lines())
    assert "| web killed | 2 | 2.0 | 3.0 |" in lines
    assert "| messages lost | 1 | - | - |" in lines
    assert "| all | 3 | 2.0 | 3.0 |" in lines


def test_a_report_is_markdown_or_json(report: Report, tmp_path: Path) -> None:
    report.verdict.violations.append(Violation("workers", "-", "one holds something"))
    report.write(tmp_path / "report.md")
    report.write(tmp_path / "report.json")
    assert (tmp_path / "report.md").read_text().endswith("\nviolations: 1\n")
    read = json.loads((tmp_path / "report.json").read_text())
    assert read["faults"] == {"web killed": 2, "messages lost": 1}
    assert read["violations"] == [{"about": "workers", "kind": "-", "difference": "one holds something", "rows": ""}]


def test_options_survive_their_way_to_another_process() -> None:
    assert OPTIONS.words() == ["--minutes", "0.5", "--seed", "7", "--runs", "10", "--pause", "1"]
