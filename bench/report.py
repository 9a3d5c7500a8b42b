"""A table for people, a file for programs."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.figures import Figure

COLUMNS = ("ms per node", "nodes/s", "CPU ms/node", "workers", "broker", "database", "Petiole: time", "CPU")
WIDTHS = (25, 9, 13, 9, 8, 10, 25, 7)


def save(result: dict[str, Any], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    at = datetime.fromisoformat(result["at"])
    file = folder / f"{at:%Y-%m-%d-%H%M%S}-{result['profile']}.json"
    file.write_text(json.dumps(result, indent=2) + "\n")
    return file


def table(result: dict[str, Any]) -> str:
    lines = [_heading(result), ""]
    for work in result["workloads"]:
        lines.append(_line(work["title"], COLUMNS))
        lines += [_row(name, found) for name, found in work["contenders"].items()]
        lines.append("")
    return "\n".join(lines)


def _heading(result: dict[str, Any]) -> str:
    machine = result["machine"]
    return (
        f"{result['profile']} profile, {result['rounds']} rounds, {machine['cores']} x {machine['processor']}, "
        f"load {machine['load_before']:.1f} before and {machine['load_after']:.1f} after, "
        f"one commit takes {result['commit_ms']:.2f} ms"
    )


def _row(name: str, found: dict[str, Any]) -> str:
    ratios = found.get("petiole_takes", {})
    cells = [
        _range(found["ms_per_node"]),
        _number(found["nodes_per_second"], 0),
        *[_number(found[f"cpu_ms_per_node{kind}"], 1) for kind in ("", "_workers", "_broker", "_database")],
        _range(ratios.get("time"), "x"),
        _number(ratios.get("cpu"), 2, "x"),
    ]
    return _line(f"  {name}", cells)


def _line(first: str, cells: tuple[str, ...] | list[str]) -> str:
    parts = [f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True)]
    return f"{first:<22}{''.join(parts)}".rstrip()


def _number(figure: Figure | None, digits: int, unit: str = "") -> str:
    return "-" if figure is None else f"{figure['median']:.{digits}f}{unit}"


def _range(figure: Figure | None, unit: str = "") -> str:
    if figure is None:
        return "-"
    return f"{figure['median']:.2f}{unit} ({figure['min']:.2f} to {figure['max']:.2f})"
