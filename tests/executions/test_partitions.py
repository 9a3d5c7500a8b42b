"""deploy/partition.sql: outputs divided by time, on what is there already."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from executions.engine import admission
from executions.engine.attempt import attempt
from executions.engine.claim import Ask, Holder
from executions.engine.conclusion import conclude
from executions.models import GraphExecution, NodeOutput
from executions.states import Status
from tests.executions.runs import values
from tests.graphs_for_tests import Build, Built
from tests.project.documents import ROOT
from tests.stack import eventually

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no partitions")


def partitions() -> dict[str, int]:
    """Their names, and how many outputs each holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text, count(*) FROM executions_nodeoutput GROUP BY 1")
        return dict(cursor.fetchall())


def divide(cutover: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # of this test's transaction, which takes all of it back
        cursor.execute("SELECT set_config('petiole.cutover', %s, true)", [cutover.isoformat()])
        text = (ROOT / "deploy" / "partition.sql").read_text()
        cursor.execute(text.replace("\nBEGIN;\n", "\n").replace("\nCOMMIT;\n", "\n"))
        cursor.execute("SELECT petiole_output_partition(%s, %s)", [cutover, cutover + timedelta(days=31)])


def ended(built: Built) -> GraphExecution:
    run = built.start()
    admission.admit(run.pk)
    waiting = list(run.node_executions.filter(status=Status.QUEUED))
    while waiting:
        one = waiting.pop()
        waiting += attempt(Ask(one.pk, one.dispatch, Holder("me")), lambda ready: None).ready
    assert conclude(run.pk)
    run.refresh_from_db()
    assert (run.status, values(built, run, "p")) == (Status.COMPLETED, [["x" * 9000, 1]])
    return run


@pytest.mark.usefixtures("no_messages")
def test_runs_go_on_in_a_partition_of_their_own_and_old_ones_go_as_a_whole(build: Build) -> None:
    nodes = {"a": ("Echo", {"x": "x" * 9000}), "b": ("Echo", {"x": 1}), "p": "Pair"}
    built = build(nodes, "a.out -> p.a", "b.out -> p.b")  # one value by reference, one copied
    before = ended(built)
    cutover = timezone.now() + timedelta(milliseconds=2)
    divide(cutover)
    eventually(lambda: timezone.now() > cutover + timedelta(milliseconds=2))
    after = ended(built)
    assert values(built, before, "p") == values(built, after, "p")
    new = f"executions_nodeoutput_{cutover:%Y%m%d}"
    assert partitions() == {"executions_nodeoutput_before": 3, new: 3}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP TABLE executions_nodeoutput_before")
    assert list(NodeOutput.objects.values_list("node_execution__run", flat=True).distinct()) == [after.pk]
