"""A sweep that finds nothing to do reads indexes and nothing else, however many runs have ended."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from bench.rows import analyze, fill, finished, waiting
from executions import sweeping
from tests.graphs_for_tests import Build

TABLES = "executions_nodeexecution", "executions_graphexecution"
# What these hold is only what is under way: to read one from end to end is to read what may need help.
OF_THE_LIVING = {
    "node_execution_queued",
    "node_execution_waiting",
    "node_execution_held",
    "node_execution_to_relay",
    "run_alive",
}


@pytest.fixture
def years(build: Build, no_messages: object) -> None:
    built = build({"a": ("Echo", {"x": 1})})
    fill(finished(built.start()), 3000, each=10)
    fill(waiting(built.start()), 100, each=1)
    analyze()


def whole_tables_read(plan: Any) -> Iterator[str]:
    """The tables that PostgreSQL or SQLite would read from end to end."""
    if connection.vendor == "postgresql":
        yield from _of_postgresql(plan[0]["Plan"])
        return
    for line in plan:
        found = re.match(r"SCAN (\S+)(?: USING (?:COVERING )?INDEX (\w+))?", line)
        if found and found[2] not in OF_THE_LIVING and not found[1].startswith("("):
            yield line


def _of_postgresql(node: dict[str, Any]) -> Iterator[str]:
    index = node.get("Index Name")
    bounded = "Index Cond" in node or "TID Cond" in node or index in OF_THE_LIVING
    if node.get("Relation Name") in TABLES and not bounded and node["Node Type"] != "Bitmap Heap Scan":
        yield f"{node['Node Type']} of {node['Relation Name']} by {index}"
    for below in node.get("Plans", []):
        yield from _of_postgresql(below)


@pytest.fixture
def plans(years: None) -> Iterator[list[tuple[str, Any]]]:
    """The plan of every question that is asked from now on."""
    asked: list[tuple[str, Any]] = []
    postgresql = connection.vendor == "postgresql"

    def explained(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001  Django's signature
        if sql.startswith("SELECT") and any(table in sql for table in TABLES):
            execute(("EXPLAIN (FORMAT JSON) " if postgresql else "EXPLAIN QUERY PLAN ") + sql, params, many, context)
            rows = context["cursor"].fetchall()
            asked.append((sql, json.loads(json.dumps(rows[0][0])) if postgresql else [row[3] for row in rows]))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        yield asked


@pytest.mark.django_db
def test_a_sweep_that_finds_nothing_reads_no_table_from_end_to_end(plans: list[tuple[str, Any]]) -> None:
    for name, step in sweeping.STEPS.items():
        plans.clear()
        assert (name, step()) == (name, 0)
        assert (name, [(sql, plan) for sql, plan in plans if list(whole_tables_read(plan))]) == (name, [])
