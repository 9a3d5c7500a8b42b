"""Sizes and names that keep the project readable."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.project.documents import ROOT

FOLDERS = ("bench", "blocks", "executions", "graphs", "platform", "scheduling", "tests")
LONGEST_FILE, LONGEST_FUNCTION = 300, 40
# Says nothing about what is in the file.
EMPTY_NAMES = {"utils.py", "helpers.py", "common.py", "manager.py", "misc.py", "base.py"}
COPIED = {"tests/conformance/run.py"}  # kept byte for byte as it is published


def files() -> Iterator[tuple[str, Path]]:
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            name = str(file.relative_to(ROOT))
            if "migrations" not in file.parts and name not in COPIED:
                yield name, file


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    lengths = {name: len(file.read_text().splitlines()) for name, file in files()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long: dict[str, int] = {}
    for name, file in files():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                long |= {f"{name}:{node.name}": length} if length > LONGEST_FUNCTION else {}
    assert long == {}


def test_every_file_name_says_what_is_inside() -> None:
    assert [name for name, file in files() if file.name in EMPTY_NAMES] == []


def test_the_folder_called_platform_is_never_a_module() -> None:
    """The standard library has a module of this name, which a file here would hide from every other package."""
    assert list((ROOT / "platform").glob("*.py")) == []
