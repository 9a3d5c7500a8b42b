"""Buttons and actions for runs in the admin: retry, pause and resume, next to stop."""

import pytest
from django.test import Client

from executions import services
from executions.states import Status
from tests.executions.driver import Driver
from tests.executions.test_admin import RUNS, page_of, text_of, viewer, waiting
from tests.graphs_for_tests import Build


def test_the_page_offers_what_can_be_done_now(admin_client: Client, build: Build, drive: Driver) -> None:
    run = waiting(build)
    seen = []
    for verb in ("pause", "resume", "stop", "retry"):
        text = text_of(admin_client, page_of(run))
        seen.append([name for name in ("Retry", "Pause", "Resume", "Stop") if f"{name} this run" in text])
        assert admin_client.post(f"{RUNS}{run.pk}/{verb}/").status_code == 302
    assert seen == [["Pause", "Stop"], ["Resume", "Stop"], ["Pause", "Stop"], ["Retry"]]
    run.refresh_from_db()
    assert (run.status, run.retries) == (Status.QUEUED, 1)


def test_a_paused_run_is_shown_as_such(admin_client: Client, build: Build, drive: Driver) -> None:
    run = waiting(build)
    services.pause_run(run)
    assert "Queued, paused" in text_of(admin_client, page_of(run))
    assert "Queued, paused" in text_of(admin_client, RUNS)


def test_an_action_says_of_each_run_what_came_of_it(admin_client: Client, build: Build, drive: Driver) -> None:
    ended, going = drive(build({"a": ("Echo", {"x": 1})}).start()), waiting(build)
    services.stop_run(going)
    chosen = {"action": "retry", "_selected_action": [str(ended.pk), str(going.pk)]}
    text = admin_client.post(RUNS, chosen, follow=True).content.decode()
    assert f"Run {ended.pk} cannot be retried: it has completed." in text
    assert f"Run {going.pk} is retried: it is QUEUED." in text


def test_a_run_below_is_not_offered_what_is_of_the_whole_tree(
    admin_client: Client, build: Build, drive: Driver
) -> None:
    run = build({"s": build.executor(build({"t": ("CountdownTimer", {"seconds": 3600})}))}).start()
    while drive.messages:
        drive.step()
    text = text_of(admin_client, page_of(run.children.get()))
    assert ("Stop this run" in text, "Pause this run" in text) == (True, False)


@pytest.mark.parametrize("verb", ["retry", "pause", "resume"])
def test_who_may_only_view_runs_can_do_nothing_with_them(build: Build, drive: Driver, verb: str) -> None:
    run = waiting(build)
    client = viewer("view_graphexecution", "view_nodeexecution")
    assert f"{verb.capitalize()} this run" not in text_of(client, page_of(run))
    assert client.post(f"{RUNS}{run.pk}/{verb}/").status_code == 403
    client.post(RUNS, {"action": verb, "_selected_action": [str(run.pk)]})
    run.refresh_from_db()
    assert (run.status, run.paused_at) == (Status.QUEUED, None)
