"""Words and regular expressions of a file: one a line, `/…/` for an expression, `#` for a remark. Case is ignored.

`regex` instead of the standard library's `re`, because it can be told to give up: an expression of the operator meets
text of a stranger, and some pairs take for ever."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex

from executions.moderation.verdicts import APPROVED, Subject, Unavailable, Verdict


class BadRule(ValueError):
    """The file of rules cannot be used."""


@dataclass(frozen=True)
class Rules:
    """`rules`: (number of the line, expression)."""

    rules: tuple[tuple[int, Any], ...]

    @classmethod
    def read(cls, file: str) -> "Rules":
        """Raises BadRule with the line, OSError when the file cannot be read."""
        lines = Path(file).read_text(encoding="utf-8").splitlines()
        return cls(
            tuple((number, _compiled(line.strip(), number)) for number, line in enumerate(lines, 1) if _is(line))
        )

    def judge(self, subject: Subject, text: str, deadline: float) -> Verdict:
        for number, rule in self.rules:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Unavailable("the rules took too long")
            try:
                found = rule.search(text, timeout=left)
            except TimeoutError:
                raise Unavailable(f"the rule in line {number} took too long") from None
            if found:
                return Verdict(approved=False, reference=f"rule-{number}", reason=f"line {number}")
        return APPROVED


def _is(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _compiled(line: str, number: int) -> Any:
    expression = len(line) > 2 and line[0] == line[-1] == "/"
    # a word is found as a word: not inside of another one
    pattern = line[1:-1] if expression else rf"(?<!\w){regex.escape(line, literal_spaces=True)}(?!\w)"
    try:
        return regex.compile(pattern, regex.IGNORECASE)
    except regex.error as wrong:
        raise BadRule(f"line {number} is no regular expression: {wrong}") from None
