"""Secrets that this process has opened are struck out of its log lines and of the errors of blocks.

A block may put its key into an exception, a library into a log line, a server may repeat it in an answer: whatever
the way, the text passes here before it is written."""

import json
import threading
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote, quote_plus

STARS: Final = "[secret]"
# Shorter texts are parts of ordinary words and numbers: striking them out would make every line unreadable.
SHORTEST: Final = 4
SHORTEST_LINE: Final = 12
_KEPT: Final = 4000

_LOCK: Final = threading.Lock()
_known: dict[str, None] = {}
_longest_first: tuple[str, ...] = ()


def remember(secrets: Iterable[str]) -> None:
    """From now on these are struck out, in every spelling in which they travel."""
    global _longest_first  # noqa: PLW0603 - replaced as a whole, so that readers need no lock
    forms = [form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST]
    with _LOCK:
        fresh = [form for form in forms if form not in _known]
        for form in forms:
            _known[form] = _known.pop(form, None)
        if fresh:
            for oldest in list(_known)[:-_KEPT]:
                del _known[oldest]
            _longest_first = tuple(sorted(_known, key=len, reverse=True))


def redact(text: str) -> str:
    for secret in _longest_first:
        if secret in text:
            text = text.replace(secret, STARS)
    return text


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield secret.strip()
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield quote(secret, safe="")
    yield quote_plus(secret)
    lines = secret.splitlines()
    if len(lines) > 1:
        yield from (line.strip() for line in lines if len(line.strip()) >= SHORTEST_LINE)
