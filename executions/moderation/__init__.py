"""Judges what goes into a run and what comes out of it, by rules of the operator or a service of his choice.

Off unless PETIOLE_MODERATION_RULES or PETIOLE_MODERATION_URL is set. A judge is anything with a method `judge`; one
that cannot answer in time leaves the decision to PETIOLE_MODERATION_FAIL_OPEN."""

import logging
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from django.conf import settings

from executions.moderation.verdicts import APPROVED, Judge, Subject, Unavailable, Verdict

__all__ = ["MARKER", "Subject", "Verdict", "enabled", "judge", "lease"]

log = logging.getLogger(__name__)

MARKER: Final = "Failed due to content moderation."  # what readers see instead
PIECE: Final = 100_000  # characters that are judged at once


def enabled() -> bool:
    return settings.MODERATION_RULES is not None or bool(settings.MODERATION_URL)


def lease() -> float:
    """Seconds after which whoever judges must have come to an end."""
    return float(settings.MODERATION_TIMEOUT) * 1.5 + 1


def judge(subject: Subject, texts: Iterable[str]) -> Verdict:
    """The first rejection; an approval when there is none. Takes PETIOLE_MODERATION_TIMEOUT at most."""
    deadline = time.monotonic() + settings.MODERATION_TIMEOUT
    try:
        for piece in _pieces(texts):
            for one in _judges(settings.MODERATION_RULES, settings.MODERATION_URL):
                verdict = one.judge(subject, piece, deadline)
                if not verdict.approved:
                    return verdict
    except Unavailable as wrong:
        log.warning("the %s of a run could not be moderated: %s", subject.kind, wrong)
        return APPROVED if settings.MODERATION_FAIL_OPEN else Verdict(approved=False, reason="unavailable")
    return APPROVED


@lru_cache(maxsize=4)
def _judges(rules: object, url: str) -> tuple[Judge, ...]:
    """Made once for each configuration: they keep compiled patterns and connections."""
    judges: list[Judge] = []
    if rules is not None:
        from executions.moderation.rules import Rules

        judges.append(Rules.read(str(rules)))
    if url:
        from executions.moderation.remote import Remote

        judges.append(Remote(url))
    return tuple(judges)


def _pieces(texts: Iterable[str]) -> Iterator[str]:
    """Few large texts of many small ones. What is cut overlaps, so that no word is hidden by the cut."""
    held: list[str] = []
    size = 0
    for text in texts:
        for start in range(0, len(text), PIECE - 1000):
            part = text[start : start + PIECE]
            if size + len(part) > PIECE and held:
                yield "\n".join(held)
                held, size = [], 0
            held.append(part)
            size += len(part) + 1
    if held:
        yield "\n".join(held)
