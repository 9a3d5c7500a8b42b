"""Secrets that were opened are struck out of texts, in every spelling."""

import json
import logging
from urllib.parse import quote

import pytest

from config.logs import Line
from credentials import redaction

SECRET = 'sk/planted "Ü"+1'


@pytest.mark.parametrize(
    "text",
    [SECRET, json.dumps(SECRET), json.dumps({"a": [SECRET]}, ensure_ascii=False), repr(SECRET), quote(SECRET, safe="")],
)
def test_a_secret_is_struck_out_in_every_spelling(text: str) -> None:
    redaction.remember([SECRET])
    assert "planted" not in redaction.redact(f"before {text} after")


def test_the_lines_of_a_long_key_are_struck_out_one_by_one() -> None:
    redaction.remember(["-----BEGIN KEY-----\nplanted-line-1-abcdef\nplanted-line-2-abcdef\n-----END KEY-----\n"])
    assert "planted" not in redaction.redact("  planted-line-2-abcdef\n")


def test_a_secret_that_begins_another_one_leaves_nothing_of_it() -> None:
    redaction.remember(["planted-short", "planted-short-and-long"])
    assert redaction.redact("planted-short-and-long") == redaction.STARS


def test_what_is_too_short_to_be_a_secret_leaves_lines_readable() -> None:
    redaction.remember(["", " ", "a", "abc"])
    assert redaction.redact("abc a") == "abc a"


@pytest.mark.parametrize("as_json", [True, False])
def test_a_log_line_with_its_traceback_shows_no_secret(as_json: bool) -> None:  # noqa: FBT001 - both of them
    redaction.remember([SECRET])
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as inner:
            raise RuntimeError(f"no {SECRET}") from inner
    except RuntimeError as wrong:
        info = (type(wrong), wrong, wrong.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "said %s", (SECRET,), info)
    line = Line(as_json=as_json).format(record)
    assert "RuntimeError" in line
    assert "planted" not in line
