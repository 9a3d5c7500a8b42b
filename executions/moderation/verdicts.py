"""What a judge is asked, and what it answers."""

from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID


@dataclass(frozen=True)
class Subject:
    """Whose text it is. `kind`: input or output."""

    kind: str
    user_id: UUID
    graph_id: UUID
    run_id: UUID


@dataclass(frozen=True)
class Verdict:
    """`reference`: by which the judge knows the case again. `reason`: a word for the log, never part of the text."""

    approved: bool
    reference: str = ""
    reason: str = ""


APPROVED: Final = Verdict(approved=True)


class Unavailable(Exception):
    """The judge has not decided; nobody knows what it would have said."""


class Judge(Protocol):
    def judge(self, subject: Subject, text: str, deadline: float) -> Verdict:
        """Answers before `deadline` (of the steady clock) or raises Unavailable."""
        ...
