"""docs/concepts/weaknesses.md names tests: each of them is there."""

import ast
import re
from functools import cache

from tests.project.documents import ROOT

PAGE = ROOT / "docs" / "concepts" / "weaknesses.md"


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ") and "|---" not in line]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if "| Tests |" not in line]


def named(cell: str) -> list[tuple[str, str]]:
    """(file, test); a name alone belongs to the file before it."""
    found: list[tuple[str, str]] = []
    for text in re.findall(r"`([^`]+)`", cell):
        file, _, name = text.rpartition("::")
        found.append((file or found[-1][0], name))
    return found


@cache
def defined_in(file: str) -> frozenset[str]:
    path = ROOT / "tests" / file
    tree = ast.parse(path.read_text()) if path.is_file() else ast.Module([], [])
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_every_test_that_the_page_names_exists() -> None:
    assert [one for row in rows() for one in named(row[-1]) if one[1] not in defined_in(one[0])] == []


def test_every_failure_has_a_prevention_and_a_test() -> None:
    assert len(rows()) > 20
    assert [row for row in rows() if len(row) != 3 or not row[1] or not named(row[2])] == []
