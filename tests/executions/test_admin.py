"""The pages of runs and node executions, as an administrator sees them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from executions.admin.bars import HEIGHT, HOURS, chart
from executions.engine import stop
from executions.engine.conclusion import conclude
from executions.models import GraphExecution, NodeExecution, NodeOutput
from executions.states import Status
from tests.executions.driver import Driver
from tests.graphs_for_tests import Build

RUNS = "/admin/executions/graphexecution/"
NODES = "/admin/executions/nodeexecution/"


def page_of(run: GraphExecution) -> str:
    return f"{RUNS}{run.pk}/change/"


def text_of(client: Client, path: str, **query: Any) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def queries(action: Callable[[], Any]) -> int:
    action()  # what is read once for each process is read here
    with CaptureQueriesContext(connection) as seen:
        action()
    return len(seen)


def waiting(build: Build) -> GraphExecution:
    return build({"t": ("CountdownTimer", {"seconds": 3600})}, name="Long wait").start()


def viewer(*permissions: str) -> Client:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


# -- Reading


def test_the_list_costs_the_same_number_of_queries_for_few_and_for_many_runs(
    admin_client: Client, build: Build, drive: Driver
) -> None:
    built = build({"a": ("Echo", {"x": 1})})
    drive(built.start())
    built.start()
    few = queries(lambda: admin_client.get(RUNS))
    for _ in range(10):
        drive(built.start())
        built.start()
    assert admin_client.get(RUNS).context["cl"].result_count == 22
    assert queries(lambda: admin_client.get(RUNS)) == few


def test_the_list_of_node_executions_costs_the_same_number_of_queries_for_few_and_for_many(
    admin_client: Client, build: Build, drive: Driver
) -> None:
    drive(build({"a": ("Echo", {"x": 1})}).start())
    few = queries(lambda: admin_client.get(NODES))
    drive(build({"m": ("Multi", {"xs": list(range(30))}), "b": "Echo"}, "m.item -> b.x").start())
    assert queries(lambda: admin_client.get(NODES)) == few


def test_the_page_of_a_large_run_costs_no_more_queries_than_that_of_a_small_one(
    admin_client: Client, build: Build, drive: Driver
) -> None:
    def run_of(number: int) -> GraphExecution:
        nodes = {"m": ("Multi", {"xs": list(range(number))}), "b": "Echo", "o": ("AgentOutput", {"name": "out"})}
        return drive(build(nodes, "m.item -> b.x", "b.out -> o.value").start())

    small, large = run_of(2), run_of(40)
    few = queries(lambda: admin_client.get(page_of(small)))
    assert queries(lambda: admin_client.get(page_of(large))) == few
    assert few < 25


def test_a_page_shows_inputs_outputs_nodes_and_statistics(admin_client: Client, build: Build, drive: Driver) -> None:
    built = build(
        {"i": ("AgentInput", {"name": "question"}), "e": "Echo", "o": ("AgentOutput", {"name": "answer"})},
        "i.result => e.x",
        "e.out -> o.value",
        e={"customized_name": "Say it again"},
    )
    text = text_of(admin_client, page_of(drive(built.start(inputs={"question": "Why is it green?"}))))
    assert text.count("Why is it green?") == 2
    assert "Say it again" in text
    assert "<b>3</b>" in text
    assert "Stop this run" not in text


def test_what_waited_to_the_end_is_shown_with_what_it_waited_for(
    admin_client: Client, build: Build, drive: Driver
) -> None:
    built = build(
        {"m": ("Multi", {"xs": [1, 2]}), "a": ("Echo", {"x": 1}), "p": "Pair"}, "m.item -> p.a", "a.out -> p.b"
    )
    run = drive(built.start())
    assert "Values that never came" in text_of(admin_client, page_of(run))
    left = built.of(run, "p")[1]
    page = text_of(admin_client, f"{NODES}{left.pk}/change/")
    assert "The run ended before values had come on all its pins. Missing: b." in page


def test_runs_above_and_below_are_linked(admin_client: Client, build: Build, drive: Driver) -> None:
    inner = build({"a": ("Echo", {"x": 1})}, name="Below")
    run = drive(build({"s": build.executor(inner)}, name="Above").start())
    child = GraphExecution.objects.get(parent=run)
    assert f'href="{page_of(child)}"' in text_of(admin_client, page_of(run))
    assert f'href="{page_of(run)}"' in text_of(admin_client, page_of(child))
    assert f'href="{page_of(child)}"' in text_of(admin_client, f"{NODES}{child.parent_node_execution_id}/change/")


def test_a_run_that_waits_says_what_for(admin_client: Client, build: Build, drive: Driver) -> None:
    run = waiting(build)
    assert "No live worker takes the queue “engine”" in text_of(admin_client, page_of(run))
    drive.step()
    assert "No live worker takes the queue “io”" in text_of(admin_client, page_of(run))
    drive.step()
    node = NodeExecution.objects.get(run=run)
    page = text_of(admin_client, page_of(run))
    assert "“Countdown Timer” waits for a timer, due in 1 h 0 min." in page
    assert f'href="{NODES}{node.pk}/change/">the node execution</a>' in page
    assert "waits for a timer, due in 1 h 0 min." in text_of(admin_client, f"{NODES}{node.pk}/change/")
    assert "It waits without a worker for its timer, due in " in text_of(admin_client, NODES)


def test_the_page_of_a_run_links_to_the_run_below_that_it_waits_for(
    admin_client: Client, build: Build, drive: Driver
) -> None:
    inner = build({"t": ("CountdownTimer", {"seconds": 3600})})
    run = build({"s": build.executor(inner)}).start()
    while not run.children.exists():
        drive.step()
    assert f'href="{page_of(run.children.get())}">the run below</a>' in text_of(admin_client, page_of(run))


def test_a_node_execution_shows_what_went_in_and_came_out(admin_client: Client, build: Build, drive: Driver) -> None:
    built = build({"a": ("Echo", {"x": "leaf"}), "b": "Echo"}, "a.out -> b.x")
    run = drive(built.start())
    page = text_of(admin_client, f"{NODES}{built.of(run, 'b')[0].pk}/change/")
    assert page.count("&quot;leaf&quot;") == 2


def test_long_values_are_cut(admin_client: Client, build: Build, drive: Driver) -> None:
    built = build({"a": ("Echo", {"x": "y" * 50_000}), "o": ("AgentOutput", {"name": "n"})}, "a.out -> o.value")
    run = drive(built.start())
    for path in (page_of(run), f"{NODES}{built.of(run, 'o')[0].pk}/change/"):
        text = text_of(admin_client, path)
        assert "y" * 900 in text
        assert text.count("y") < 12_000


def test_a_value_that_is_kept_in_a_file_stays_there(
    admin_client: Client, build: Build, drive: Driver, settings: Settings
) -> None:
    settings.FILE_BYTES = 1000
    built = build({"a": ("Echo", {"x": "y" * 2000})})
    run = drive(built.start())
    output = NodeOutput.objects.get(node_execution__run=run)
    assert f"in the file {output.file}" in text_of(admin_client, f"{NODES}{output.node_execution_id}/change/")


def test_the_beginning_of_a_long_history_of_nodes_links_to_the_rest(
    admin_client: Client, build: Build, drive: Driver
) -> None:
    run = drive(build({"m": ("Multi", {"xs": list(range(204))}), "b": "Echo"}, "m.item -> b.x").start())
    text = text_of(admin_client, page_of(run))
    assert f'<a href="{NODES}?run__id__exact={run.pk}">5 more</a>' in text
    assert admin_client.get(NODES, {"run__id__exact": str(run.pk)}).context["cl"].result_count == 205


# -- Finding


def test_runs_are_found_by_any_id_and_by_names(admin_client: Client, build: Build, drive: Driver) -> None:
    built = build({"a": ("Echo", {"x": 1})}, name="Daily report")
    run = drive(built.start())
    drive(build({"a": ("Echo", {"x": 1})}, name="Other").start())
    node = NodeExecution.objects.get(run=run)
    terms = {run.pk: 1, node.pk: 1, built.version.graph_id: 1, run.user_id: 2, "daily": 1, "ada": 2, uuid4(): 0, "x": 0}
    found = {term: admin_client.get(RUNS, {"q": str(term)}).context["cl"].result_count for term in terms}
    assert found == terms
    assert admin_client.get(NODES, {"q": str(run.pk)}).context["cl"].result_count == 1


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"status__exact": "QUEUED"}, 1),
        ({"status__exact": "COMPLETED"}, 1),
        ({"status__exact": "COMPLETED", "place": "any"}, 2),
        ({}, 2),
        ({"place": "below"}, 1),
        ({"q": "ada"}, 3),
        ({"created_at__year": "2001"}, 0),
    ],
)
def test_runs_are_filtered(
    admin_client: Client, build: Build, drive: Driver, query: dict[str, str], number: int
) -> None:
    inner = build({"a": ("Echo", {"x": 1})})
    drive(build({"s": build.executor(inner)}).start())
    inner.start()
    assert admin_client.get(RUNS, query).context["cl"].result_count == number


def test_the_bars_count_the_runs_of_each_hour_and_those_that_failed(build: Build, drive: Driver) -> None:
    built = build({"a": ("Echo", {"x": 1})})
    runs = [drive(built.start()) for _ in range(4)]
    failed = waiting(build)
    stop.fail(failed.pk, "for the test")
    conclude(failed.pk)
    earlier = runs[0].created_at - timedelta(hours=3)
    GraphExecution.objects.filter(pk=runs[0].pk).update(created_at=earlier)
    GraphExecution.objects.exclude(pk=runs[0].pk).update(created_at=runs[0].created_at)
    drawn = chart(GraphExecution.objects.all())
    assert drawn is not None
    assert len(drawn.bars) == HOURS
    assert [(bar.number, bar.bad) for bar in drawn.bars if bar.number] == [(1, 0), (4, 1)]
    assert drawn.bars[-1].height == HEIGHT
    assert drawn.bars[-1].bad_height == HEIGHT // 4
    assert chart(GraphExecution.objects.filter(status=Status.REVIEW)) is None


def test_the_bars_show_what_the_list_shows(admin_client: Client, build: Build, drive: Driver) -> None:
    built = build({"a": ("Echo", {"x": 1})})
    drive(built.start())
    built.start()
    assert admin_client.get(RUNS).context["chart"].tallest == 2
    assert admin_client.get(RUNS, {"status__exact": "QUEUED"}).context["chart"].tallest == 1


# -- History is not changed, and runs are stopped


def test_history_cannot_be_changed(admin_client: Client, build: Build, drive: Driver) -> None:
    run = drive(build({"a": ("Echo", {"x": 1})}).start())
    node = NodeExecution.objects.get(run=run)
    for path in (page_of(run), f"{NODES}{node.pk}/change/"):
        assert 'name="_save"' not in text_of(admin_client, path)
        assert admin_client.post(path, {"status": "FAILED"}).status_code == 403
        assert admin_client.post(path.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert admin_client.get(f"{RUNS}add/").status_code == 403


def test_the_stop_action_stops_what_goes_on_and_says_what_had_ended(
    admin_client: Client, build: Build, drive: Driver
) -> None:
    ended, going = drive(build({"a": ("Echo", {"x": 1})}).start()), waiting(build)
    chosen = {"action": "stop", "_selected_action": [str(ended.pk), str(going.pk)]}
    text = admin_client.post(RUNS, chosen, follow=True).content.decode()
    assert f"Run {ended.pk} had ended before: it is COMPLETED." in text
    assert f"Run {going.pk} was stopped: it is TERMINATED." in text
    going.refresh_from_db()
    assert going.status == Status.TERMINATED


def test_the_page_of_a_run_has_a_button_that_stops_it(admin_client: Client, build: Build, drive: Driver) -> None:
    run = waiting(build)
    assert "Stop this run" in text_of(admin_client, page_of(run))
    assert admin_client.get(f"{RUNS}{run.pk}/stop/").status_code == 405
    text = admin_client.post(f"{RUNS}{run.pk}/stop/", follow=True).content.decode()
    assert "was stopped: it is TERMINATED." in text
    assert "Stop this run" not in text
    assert admin_client.post(f"{RUNS}{uuid4()}/stop/").status_code == 404


def test_who_may_only_view_runs_cannot_stop_them(build: Build, drive: Driver) -> None:
    run = waiting(build)
    client = viewer("view_graphexecution", "view_nodeexecution")
    assert "Stop this run" not in text_of(client, page_of(run))
    assert client.post(f"{RUNS}{run.pk}/stop/").status_code == 403
    client.post(RUNS, {"action": "stop", "_selected_action": [str(run.pk)]})
    run.refresh_from_db()
    assert run.status == Status.QUEUED


def test_who_may_not_view_runs_sees_none(build: Build, drive: Driver) -> None:
    run = waiting(build)
    client = viewer()
    assert client.get(RUNS).status_code == client.get(page_of(run)).status_code == 403
