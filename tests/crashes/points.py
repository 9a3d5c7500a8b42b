"""What the product's source says about its crash points: found by reading it, so that none is forgotten."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.project.documents import ROOT

# Whoever calls one of these on a query set writes.
WRITES: Final = {
    *("update", "bulk_update", "update_or_create", "create", "bulk_create", "get_or_create", "save", "delete"),
    *("requeue", "wait_again", "moves_to"),
}
# And who calls one of these of the room `statements`.
STATEMENTS: Final = {"arrive", "end_claim", "first_of", "insert_rows", "move_run", "take_claim"}


@dataclass(frozen=True)
class Point:
    name: str
    place: str


@dataclass(frozen=True)
class Function:
    """A function with the crash points in it, and whether it writes to the database."""

    name: str
    points: tuple[str, ...]
    writes: bool


def declared() -> list[Point]:
    """Every call of `crash_point` in the product."""
    return [
        Point(_name(call), f"{file.relative_to(ROOT)}:{call.lineno}")
        for file in sorted((ROOT / "executions").rglob("*.py"))
        for call in _calls(ast.parse(file.read_text()))
        if isinstance(call.func, ast.Name) and call.func.id == "crash_point"
    ]


def functions() -> Iterator[Function]:
    """Those of the rooms in which runs are changed, as `claim._take` or `pairing.Meeting.deliver`."""
    rooms = ROOT / "executions"
    files = [*rooms.glob("*.py"), *(rooms / "engine").glob("*.py")]
    for file in sorted(files):
        if file.name != "querysets.py":  # the verbs themselves
            yield from _functions(file)


def _functions(file: Path) -> Iterator[Function]:
    tree = ast.parse(file.read_text())
    owners = {child: node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for child in node.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            calls = list(_calls(node))
            named = [_name(call) for call in calls if isinstance(call.func, ast.Name) and call.func.id == "crash_point"]
            words = [file.stem, owners.get(node), node.name]
            yield Function(".".join(filter(None, words)), tuple(named), any(map(_writes, calls)))


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    [name] = call.args
    assert isinstance(name, ast.Constant), f"line {call.lineno}: a crash point is named by a literal"
    return str(name.value)


def _writes(call: ast.Call) -> bool:
    if any(isinstance(one, ast.Attribute) and one.attr in WRITES for one in call.args):
        return True  # somebody else calls it: `repeated(rows.update)(…)`
    if isinstance(call.func, ast.Name):
        return call.func.id == "write" or call.func.id in STATEMENTS
    if not isinstance(call.func, ast.Attribute):
        return False
    if call.func.attr == "close":  # of executions: `close(Status.FAILED, …)`; a connection is closed without words
        return len(call.args) > 1
    # a dictionary is updated with another one, rows with columns
    return call.func.attr in WRITES and not (call.func.attr == "update" and call.args)
