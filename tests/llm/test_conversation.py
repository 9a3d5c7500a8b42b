"""Which calls of a conversation nobody has answered, and what of it is left out when it is too long."""

from typing import Any

import pytest

from blocks.llm.conversation import pending, with_answer
from blocks.llm.prompts import MARK, fitting, size

Messages = list[dict[str, Any]]


def calls(*ids: str) -> dict[str, Any]:
    return {"role": "assistant", "content": "", "tool_calls": [{"id": one} for one in ids]}


def answer(of: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": of, "content": "x"}


@pytest.mark.parametrize(
    ("said", "waiting"),
    [
        ([], []),
        ([calls("a", "b")], ["a", "b"]),
        ([calls("a", "b"), answer("b")], ["a"]),
        ([calls("a"), answer("a"), calls("a")], ["a"]),  # some servers begin again with each answer
        ("no conversation", []),
        ([7, {"tool_calls": None}], []),
    ],
)
def test_calls_wait_until_they_are_answered(said: Any, waiting: list[str]) -> None:
    assert pending(said) == waiting


def test_an_output_answers_the_first_call_that_waits() -> None:
    assert with_answer([calls("a", "b")], {"n": 1})[-1] == {"role": "tool", "tool_call_id": "a", "content": '{"n": 1}'}
    assert with_answer([answer("a")], "nobody asked") == [answer("a")]


def long(role: str, text: str = "") -> dict[str, Any]:
    return {"role": role, "content": text + "word " * 400}


def test_what_opens_a_conversation_is_not_left_out() -> None:
    opening = [long("system", MARK), long("user", MARK)]
    said = [*opening, *(part for n in range(30) for part in (calls(str(n)), long("tool") | {"tool_call_id": str(n)}))]
    kept = fitting(said, 3000)
    assert kept[:2] == opening
    assert size(kept) <= 3000
    assert pending(kept) == []
    assert kept[2]["role"] == "assistant"
    assert kept[-1]["tool_call_id"] == "29"


def test_an_opening_that_is_too_long_by_itself_loses_its_middle() -> None:
    [kept] = fitting([long("user", MARK)], 300)
    assert kept["content"].startswith(MARK)
    assert size([kept]) <= 300
