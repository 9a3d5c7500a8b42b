"""Plans that PostgreSQL keeps for the statements of the hot path (executions.statements.asking)."""

import pytest
from django.db import connection
from pytest_django import Settings

from executions.models import GraphExecution
from executions.statements import asking, read_run
from tests.graphs_for_tests import Build

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps its plans by itself"),
    pytest.mark.usefixtures("no_messages", "transactional_db"),
]


@pytest.fixture
def run(build: Build) -> GraphExecution:
    run = build({"a": ("Echo", {"x": 1})}).start()
    connection.close()
    return run


def plans() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM pg_prepared_statements WHERE from_sql = FALSE")
        [(number,)] = cursor.fetchall()
    return int(number)


def test_a_statement_is_planned_once_for_a_connection(run: GraphExecution) -> None:
    for _ in range(3):
        assert read_run(run.pk) == run
    assert plans() == 1


def test_a_plan_does_not_last_for_ever(run: GraphExecution, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PLANS_LAST", 2)
    for _ in range(8):
        read_run(run.pk)
    assert plans() >= 4


def test_behind_a_pooler_nothing_is_prepared(run: GraphExecution, settings: Settings) -> None:
    settings.PREPARED_STATEMENTS = False
    assert read_run(run.pk) == run
    assert plans() == 0
