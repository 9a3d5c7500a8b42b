"""The project keeps a copy of the conformance suite; where the original lies beside the project, both are the same."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPY = ROOT / "tests" / "conformance"
ORIGINAL = ROOT.parent / "shared" / "conformance"


def contents(folder: Path) -> dict[str, str]:
    files = [*folder.glob("*.md"), *folder.glob("*.json"), folder / "run.py", *folder.glob("scenarios/*.json")]
    return {str(file.relative_to(folder)): file.read_text() for file in files}


def test_every_scenario_is_well_formed() -> None:
    answer = subprocess.run([sys.executable, "run.py", "--check"], cwd=COPY, capture_output=True, text=True, check=True)
    assert answer.stdout.endswith("scenarios are well formed\n")


@pytest.mark.skipif(not ORIGINAL.is_dir(), reason="the original of the suite does not lie beside the project")
def test_the_copy_says_what_the_original_says() -> None:
    original, copy = contents(ORIGINAL), contents(COPY)
    different = {name for name in original.keys() | copy.keys() if original.get(name) != copy.get(name)}
    assert not different, f"copy ../shared/conformance to tests/conformance again: {sorted(different)}"
