"""The prices of known blocks, read from prices.json when asked for: blocks need not declare their own.

An entry in the file is [amount, type, filter]. It holds where the platform's own credentials are used: who brings a key
pays its provider, and nobody else. The list of language models holds for every block that calls one of them.
"""

import functools
import json
from pathlib import Path
from typing import Any

from blocks.sdk.costs import Cost, CostType

_FILE = Path(__file__).with_name("prices.json")


def listed(block_id: str) -> tuple[Cost, ...]:
    """What the file says of a block; nothing for a block that is free."""
    return _lists().get(block_id, ())


@functools.cache
def _lists() -> dict[str, tuple[Cost, ...]]:
    file: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    models = file["language_models"]
    by_model = tuple(Cost(amount, filter={"model": name}, platform=True) for name, amount in models["models"].items())
    lists = {
        block_id: tuple(Cost(amount, CostType(kind), when, platform=True) for amount, kind, when in row["costs"])
        for block_id, row in file["blocks"].items()
    }
    return lists | dict.fromkeys(models["blocks"], by_model)
