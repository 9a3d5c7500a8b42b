"""How nodes and durations are called where people read of them: in the admin and on the command line."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from blocks import registry

NOTHING: Final = "-"
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def name_of(block_id: str, metadata: Mapping[str, Any]) -> str:
    """The name that somebody gave the node, else that of its block."""
    given = metadata.get("customized_name")
    if isinstance(given, str) and (shown := given.replace("\0", "").strip()):
        return shown
    spec = registry.get(block_id)
    return block_id if spec is None else _WORD.sub(" ", spec.name.removesuffix("Block"))


def duration(seconds: float | None) -> str:
    if seconds is None:
        return NOTHING
    if 0 < seconds < 0.1:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def ago(at: datetime | None) -> str:
    """How long it is since then."""
    return NOTHING if at is None else duration(max(0.0, (timezone.now() - at).total_seconds()))
