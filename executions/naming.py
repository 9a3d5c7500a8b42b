"""What people call a node: the name that somebody gave it, else its block."""

import re
from collections.abc import Mapping
from typing import Any, Final

from blocks import registry

_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def name_of(block_id: str, metadata: Mapping[str, Any]) -> str:
    given = metadata.get("customized_name")
    if isinstance(given, str) and given.strip():
        return given.strip()
    spec = registry.get(block_id)
    return block_id if spec is None else _WORD.sub(" ", spec.name.removesuffix("Block"))
