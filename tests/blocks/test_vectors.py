"""Blocks and nodes do what was recorded, in the tests and for whoever asks the command."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from blocks import echo_server
from graphs import vectors
from graphs.vectors import Recorded

FILE = Path(__file__).with_name("vectors") / "recorded.json"
RECORDED = vectors.parse(FILE.read_text("utf-8"))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with echo_server.serving() as address:
        yield address


@pytest.mark.parametrize("case", RECORDED, ids=[case.title for case in RECORDED])
def test_a_block_does_what_was_recorded(case: Recorded, server: str) -> None:
    assert case.difference(server) is None


def run(tmp_path: Path, document: Any) -> tuple[int, list[str]]:
    file, printed, status = tmp_path / "cases.json", StringIO(), 0
    file.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    try:
        call_command("check_vectors", str(file), stdout=printed)
    except SystemExit as ended:
        status = int(str(ended.code))
    return status, printed.getvalue().splitlines()


def test_the_command_counts_what_passes(tmp_path: Path) -> None:
    note = {"input": {"text": "n"}, "outputs": [["output", "n"]]}
    assert run(tmp_path, {"vectors": {"NoteBlock": [note]}}) == (0, ["1 passed, 0 failed"])


def test_the_command_says_what_differs(tmp_path: Path) -> None:
    note = {"input": {"text": "n"}, "outputs": [["output", "n"]]}
    document = {
        "vectors": {
            "NoteBlock": [note, {**note, "outputs": [["output", "m"]]}, {**note, "raises": "BlockInputError"}, {}],
            "NobodysBlock": [note],
            "GithubCommentBlock": [{**note, "raises": "BlockInputError"}],
            "CalculatorBlock": [{"input": {"operation": "Divide", "a": 1, "b": 0}, "outputs": [["result", 1]]}],
        },
        "xml": [{"input_xml": "<a>1</a>", "parsed": {"a": 1}}],
        "engine_coercion": [
            {"block": "NoteBlock", "node_defaults": {}, "pin_data": {}, "linked_pins": [], "ready": True, "result": {}}
        ],
    }
    status, lines = run(tmp_path, document)
    assert status == 1
    assert [line.partition(":")[0] for line in lines[:-1]] == [
        "NoteBlock 1",
        "NoteBlock 2",
        "NoteBlock 3",
        "NobodysBlock 0",
        "GithubCommentBlock 0",
        "CalculatorBlock 0",
        "xml 0",
        "engine_coercion 0 NoteBlock",
    ]
    assert lines[-1] == "1 passed, 8 failed"


def test_numbers_without_an_end_are_compared_as_they_travel(tmp_path: Path) -> None:
    calculated = '{"input": {"operation": "Divide", "a": 1, "b": 0}, "outputs": [["result", Infinity]]}'
    assert run(tmp_path, f'{{"vectors": {{"CalculatorBlock": [{calculated}]}}}}')[0] == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", '{"vectors": []}', '{"vectors": {"A": 1}}', '{"xml": {}}'])
def test_a_file_without_cases_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CommandError, match="no recorded cases") as refused:
        run(tmp_path, text)
    assert refused.value.returncode == 2


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("check_vectors", "/nowhere/cases.json")
