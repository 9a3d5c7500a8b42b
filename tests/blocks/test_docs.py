"""Every block has a page, and what the code knows stands in it as it is today."""

from pathlib import Path
from typing import Any

import pytest

from blocks import coverage, docs
from blocks.sdk import BlockSpec, describe, run_case

PAGES = Path(__file__).parents[2] / "docs" / "blocks"
LIBRARY = docs.library()


@pytest.mark.parametrize("spec", LIBRARY, ids=[spec.name for spec in LIBRARY])
def test_a_block_has_a_page_of_today(spec: BlockSpec) -> None:
    page = PAGES / docs.page_name(spec)
    assert page.exists(), f"{page} is missing: run python -m blocks.docs docs/blocks and add what is worth knowing"
    text = page.read_text("utf-8")
    assert text.startswith(f"# {docs.title(spec)}\n\n{spec.description}\n")
    assert text == docs.refreshed(text, spec), f"{page} is out of date: run python -m blocks.docs docs/blocks"


def test_there_is_no_page_of_a_block_that_is_gone() -> None:
    others = {"README.md", "coverage.md", "writing.md"}
    assert {page.name for page in PAGES.glob("*.md")} - others == {docs.page_name(spec) for spec in LIBRARY}


def test_the_table_of_all_blocks_is_of_today() -> None:
    table = (PAGES / "coverage.md").read_text("utf-8")
    assert table == coverage.page(PAGES.parents[1] / "tests"), "run python -m blocks.docs docs/blocks"


def test_every_block_that_runs_here_is_tested() -> None:
    rows = [line.split(" | ") for line in (PAGES / "coverage.md").read_text("utf-8").splitlines() if "| runs |" in line]
    assert [row[0] for row in rows if not row[3].rstrip(" |")] == []


def test_a_new_page_can_be_started(tmp_path: Path) -> None:
    docs.write(tmp_path)
    docs.write(tmp_path)
    assert len(list(tmp_path.glob("*.md"))) == len(LIBRARY)


def test_the_block_in_the_guide_works() -> None:
    _, _, rest = (PAGES / "writing.md").read_text("utf-8").partition("```python\n")
    namespace: dict[str, Any] = {"__name__": "guide"}
    exec(rest.partition("```")[0], namespace)  # the code of our own page
    spec = describe(namespace["ShoutBlock"])
    assert [run_case(spec, case) for case in namespace["ShoutBlock"].cases] == [None]
