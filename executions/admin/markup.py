"""How states, times, values and links are written on the pages."""

import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from executions.models import GraphExecution, NodeExecution
from executions.states import Status

LONGEST: Final = 4000  # characters of a value


def badge(status: str, *more: str) -> SafeString:
    label = f"{Status(status).label.capitalize()}{''.join(f', {word}' for word in more)}"
    return format_html('<span class="state state-{}">{}</span>', status.lower(), label)


def badge_of_run(run: GraphExecution) -> SafeString:
    if run.is_final:
        return badge(run.status)
    if run.stop_requested_at is not None:
        return badge(run.status, "stopping")
    return badge(run.status, *(["paused"] if run.paused_at else []))


def badge_of(one: NodeExecution) -> SafeString:
    return badge(one.status, *(["waiting"] if one.waiting else []))


def link(model: str, pk: UUID | int, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{model}_change", args=[pk]), text)


def short(pk: UUID) -> SafeString:
    """The end of an id is what tells two of them apart: their beginnings are the time."""
    return format_html('<code title="{}">…{}</code>', pk, str(pk)[-12:])


def moment(at: datetime | None) -> str | None:
    """Milliseconds matter when one looks for what came first."""
    return None if at is None else f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S.%f}"[:-3]


def times(number: int) -> str:
    return {0: "not yet", 1: "once"}.get(number, f"{number} times")


def cut(text: str, most: int = LONGEST) -> str:
    return text if len(text) <= most else f"{text[:most]} … ({len(text):,} characters)"


def value(given: Any, most: int = LONGEST) -> str:
    """JSON for people, indented, and no more of it than a page can carry."""
    return cut(json.dumps(given, indent=2, ensure_ascii=False, default=str), most)


def line(given: str | None, most: int = 80) -> str:
    """The first line of a text, for a table."""
    first, _, more = (given or "").strip().partition("\n")
    return f"{first[:most]}…" if more or len(first) > most else first
