"""Reads the tables of the documentation, so that tests can compare them with the product."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tables(page: str) -> dict[str, list[str]]:
    """First cell → the other cells, for every table row of docs/PAGE that starts with code."""
    rows: dict[str, list[str]] = {}
    for line in (ROOT / "docs" / page).read_text().splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells and (name := re.match(r"`([^`]+)`", cells[0])):
            rows[name[1]] = cells[1:]
    return rows
