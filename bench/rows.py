"""Very many finished runs, written by the database itself: what an installation has after months."""

from datetime import timedelta

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from executions.models import GraphExecution, NodeExecution
from executions.states import Status, Waits


def copies(row: Model, number: int, **instead: str) -> None:
    """So many copies of a row, each with an id of its own; `instead`: expressions for columns, in which `i` counts."""
    fields = {field.column: field for field in row._meta.concrete_fields}
    names, expressions, values = [], [], []
    for column, field in fields.items():
        names.append(f'"{column}"')
        if column in instead:
            expressions.append(instead[column])
        elif column == "id":
            expressions.append(_new_id())
        else:
            # PostgreSQL wants to know the type of a bare value; SQLite would make a number of a date
            typed = connection.vendor == "postgresql"
            expressions.append(f"CAST(%s AS {field.db_type(connection)})" if typed else "%s")
            values.append(field.get_db_prep_save(getattr(row, field.attname), connection))
    table = row._meta.db_table
    counted = "WITH RECURSIVE counted(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < %s)"
    sql = f'INSERT INTO "{table}" ({", ".join(names)}) {counted} SELECT {", ".join(expressions)} FROM counted'
    with connection.cursor() as cursor:
        cursor.execute(sql, [number, *values])


def _new_id() -> str:
    return "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"


def fill(run: GraphExecution, runs: int, *, each: int) -> None:
    """Copies of a run that has one node execution; in every copy there are `each` of that."""
    same = f"'{run.pk if connection.vendor == 'postgresql' else run.pk.hex}'"
    copies(run, runs, root_id=same)
    node = NodeExecution.objects.get(run=run)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE numbered AS SELECT id, row_number() OVER () AS n FROM executions_graphexecution"
            f" WHERE status = '{run.status}' AND (id = {same} OR root_id = {same})"
        )
        cursor.execute("CREATE INDEX numbered_n ON numbered (n)")
        of_each = f"(SELECT id FROM numbered WHERE n = 1 + i %% {runs + 1})"  # the copied run is one of them
        copies(node, (runs + 1) * each, run_id=of_each, run_node_id="NULL")
        cursor.execute("DROP TABLE numbered")


def finished(run: GraphExecution) -> GraphExecution:
    """As if the run and its node executions had been completed a day ago."""
    at = timezone.now() - timedelta(days=1)
    GraphExecution.objects.filter(pk=run.pk).update(status=Status.COMPLETED, started_at=at, ended_at=at)
    NodeExecution.objects.filter(run=run).update(status=Status.COMPLETED, start_time=at, end_time=at, published_at=at)
    run.refresh_from_db()
    return run


def waiting(run: GraphExecution) -> GraphExecution:
    """As if the run were under way and its node executions waited for a timer."""
    now = timezone.now()
    GraphExecution.objects.filter(pk=run.pk).update(status=Status.RUNNING, started_at=now - timedelta(hours=1))
    NodeExecution.objects.filter(run=run).update(
        status=Status.RUNNING, start_time=now, waits_for=Waits.TIMER, wakes_at=now + timedelta(days=1)
    )
    run.refresh_from_db()
    return run


def analyze() -> None:
    """Statistics for the planner, which autovacuum or a migration would have gathered."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
