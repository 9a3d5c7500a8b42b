"""The pages of workers, as an administrator sees them."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from executions.models import NodeExecution, Worker
from executions.states import Status
from tests.executions.driver import Driver
from tests.executions.test_admin import NODES, queries, text_of
from tests.graphs_for_tests import Build

WORKERS = "/admin/executions/worker/"


def test_workers_are_listed_with_what_they_hold(admin_client: Client, build: Build, drive: Driver) -> None:
    now = timezone.now()
    told = {"host": "oak", "pool": "threads", "started_at": now}
    io = Worker.objects.create(name="io@oak", pid=1, queues=["io", "engine"], holding=["a", "b"], seen_at=now, **told)
    Worker.objects.create(name="cpu@oak", pid=2, queues=["cpu"], seen_at=now, draining_at=now, **told)
    Worker.objects.create(name="elm@oak", pid=3, seen_at=now - timedelta(minutes=1), **told)
    Worker.objects.create(name="ash@oak", pid=4, seen_at=now, gone_at=now, **told)
    run = build({"a": ("Echo", {"x": 1})}).start()
    NodeExecution.objects.filter(run=run).update(
        status=Status.RUNNING, claim_token=run.pk, worker=io, start_time=now, claimed_at=now, holder="process 5 on oak"
    )
    text = text_of(admin_client, WORKERS)
    for words in ("io, engine", ">alive<", ">ending<", ">silent<", ">gone<"):
        assert words in text
    held = admin_client.get(NODES, {"worker__id__exact": str(io.pk), "claim_token__isnull": "0"})
    assert held.context["cl"].result_count == 1
    assert f"worker__id__exact={io.pk}&amp;claim_token__isnull=0" in text
    page = f"{WORKERS}{io.pk}/change/"
    assert "io@oak" in text_of(admin_client, page)
    assert f'href="{page}"' in text_of(admin_client, f"{NODES}{NodeExecution.objects.get(run=run).pk}/change/")
    assert admin_client.post(page, {"name": "x"}).status_code == 403
    few = queries(lambda: admin_client.get(WORKERS))
    for number in range(10):
        Worker.objects.create(name=f"w{number}@oak", pid=number, seen_at=now, **told)
    assert queries(lambda: admin_client.get(WORKERS)) == few
