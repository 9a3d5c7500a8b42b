"""A table for people, a file for programs."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.figures import Figure

SEEN = ("ms until seen", "p95")
COLUMNS = ("ms per node", "nodes/s", "CPU ms/node", "workers", "broker", "database", "Petiole: time", "CPU")
WIDTHS = (27, 9, 13, 9, 8, 10, 25, 7)


def save(result: dict[str, Any], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    at = datetime.fromisoformat(result["at"])
    file = folder / f"{at:%Y-%m-%d-%H%M%S}-{result['profile']}.json"
    file.write_text(json.dumps(result, indent=2) + "\n")
    return file


def table(result: dict[str, Any]) -> str:
    lines = [_heading(result), ""]
    for work in result["workloads"]:
        lines.append(_line(work["title"], (*SEEN, *COLUMNS[2:]) if work["watched"] else COLUMNS))
        lines += [_row(name, found, watched=work["watched"]) for name, found in work["contenders"].items()]
        lines.append("")
    lines += _memory(result["memory"])
    for probe in result["probes"]:
        lines += [probe["title"], *map(_finding, probe["findings"]), ""]
    return "\n".join([*lines, *_targets(result["targets"])])


def _heading(result: dict[str, Any]) -> str:
    machine = result["machine"]
    return (
        f"{result['profile']} profile, {result['rounds']} rounds, {machine['cores']} x {machine['processor']}, "
        f"load {machine['load_before']:.1f} before and {machine['load_after']:.1f} after, "
        f"one commit takes {result['commit_ms']:.2f} ms"
    )


def _row(name: str, found: dict[str, Any], *, watched: bool) -> str:
    ratios = found.get("petiole_takes", {})
    seen = found["seen_ms"]
    time = (_range(seen), _number(seen, 0, at="p95")) if watched else _times(found)
    cells = [
        *time,
        *[_number(found[f"cpu_ms_per_node{kind}"], 1) for kind in ("", "_workers", "_broker", "_database")],
        _range(ratios.get("seen" if watched else "time"), "x"),
        _number(ratios.get("cpu"), 2, "x"),
    ]
    return _line(f"  {name}", cells)


def _times(found: dict[str, Any]) -> tuple[str, str]:
    return _range(found["ms_per_node"]), _number(found["nodes_per_second"], 0)


def _memory(memory: dict[str, dict[str, dict[str, float]]]) -> list[str]:
    """`memory`: when → kind of process → megabytes."""
    lines = [f"{'memory, MB of PSS (RSS)':<30}{''.join(f'{when:>22}' for when in memory)}"]
    for kind in dict.fromkeys(kind for found in memory.values() for kind in found):
        cells = [f"{at[kind]['pss']:.0f} ({at[kind]['rss']:.0f})" if kind in at else "-" for at in memory.values()]
        lines.append(f"  {kind:<28}{''.join(f'{cell:>22}' for cell in cells)}")
    return [*lines, ""]


def _finding(found: dict[str, Any]) -> str:
    return f"  {found['text']:<58}{_value(found['value'], found['unit']):>14}"


def _targets(targets: list[dict[str, Any]]) -> list[str]:
    lines = [f"{'target':<64}{'at most':>14}{'measured':>14}"]
    words = {True: "met", False: "not met", None: "not measured"}
    for target in targets:
        bound, measured = (_value(target[name], target["unit"]) for name in ("bound", "measured"))
        lines.append(f"  {target['text']:<62}{bound:>14}{measured:>14}  {words[target['met']]}")
    return lines


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 100 else 2
    return f"{value:.{digits}f}{'' if unit in ('x', '%') else ' '}{unit}".rstrip()


def _line(first: str, cells: tuple[str, ...] | list[str]) -> str:
    parts = [f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True)]
    return f"{first:<22}{''.join(parts)}".rstrip()


def _number(figure: Figure | None, digits: int, unit: str = "", *, at: str = "median") -> str:
    return "-" if figure is None else f"{figure[at]:.{digits}f}{unit}"


def _range(figure: Figure | None, unit: str = "") -> str:
    if figure is None:
        return "-"
    return f"{figure['median']:.2f}{unit} ({figure['min']:.2f} to {figure['max']:.2f})"
