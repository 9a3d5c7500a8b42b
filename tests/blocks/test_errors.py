"""The text on the error pin."""

import pytest

from blocks.sdk import decorate


class WordlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        ("boom", "boom"),
        (None, "Output error was None"),
        (ValueError("bad value"), "bad value"),
        (ValueError(""), ""),
        (RuntimeError("kaput"), "kaput"),
        (RuntimeError(""), "Unknown error occurred"),
        ("", ""),
        (WordlessError(), "<WordlessError>"),
    ],
)
def test_a_failure_names_the_block_and_its_message(problem: object, message: str) -> None:
    assert decorate("ErrBlock", "the-id", problem) == f"raised by ErrBlock with message: {message}. block_id: the-id"
