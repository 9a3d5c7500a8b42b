"""A node receives its credentials at the last moment, shares them, and pays nothing when it cannot have them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

import credits.services
from accounts.models import User
from credentials import services
from credentials.models import Credential, Lease
from executions import services as runs
from executions import sweeping
from executions.models import GraphExecution, NodeExecution, NodeOutput
from executions.states import Status
from executions.waiting import runs as reasons
from graphs.errors import GraphValidationError
from tests.credentials.blocks import BothBlock, LengthBlock
from tests.credentials.conftest import Installed, Store
from tests.executions.driver import Driver
from tests.executions.runs import values
from tests.graphs_for_tests import Build, Built


def chosen(meta: Any) -> dict[str, Any]:
    return {"id": meta.id, "provider": meta.provider, "type": meta.type}


@pytest.fixture(autouse=True)
def nothing_left_over(drive: Driver) -> Iterator[None]:
    """No run leaves a lease behind."""
    yield
    assert list(Lease.objects.all()) == []


def errors(run: GraphExecution) -> list[str]:
    return [output.data for output in NodeOutput.objects.filter(node_execution__run=run, pin="error")]


def test_a_node_gets_the_key_that_it_names(build: Build, store: Store, drive: Driver) -> None:
    built = build({"k": (LengthBlock.id, {"credentials": chosen(store())})})
    run = drive(built.start())
    assert values(built, run, "k") == [len("sk-first")]


def test_a_run_may_choose_another_one(build: Build, store: Store, drive: Driver) -> None:
    built = build({"k": (LengthBlock.id, {"credentials": chosen(store())})})
    other = store(values={"api_key": "sk-other-one"})
    run = drive(built.start(credentials_inputs={"github_api_key_credentials": chosen(other)}))
    assert values(built, run, "k") == [len("sk-other-one")]


def test_the_chosen_one_reaches_the_nodes_of_sub_graphs(build: Build, store: Store, drive: Driver) -> None:
    inner = build({"k": LengthBlock.id, "o": ("AgentOutput", {"name": "length"})}, "k.out -> o.value")
    outer = build({"s": build.executor(inner), "o": ("AgentOutput", {"name": "length"})}, "s.length -> o.value")
    run = drive(outer.start(credentials_inputs={"github_api_key_credentials": chosen(store())}))
    assert values(outer, run, "o", "output") == [len("sk-first")]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, None),
        ({"id": str(uuid4())}, "Unknown credentials #"),
        ({"provider": "gitlab"}, "provider must be github, not gitlab"),
        ({"type": "oauth2"}, "type must be api_key, not oauth2"),
        ({"id": 5}, "id must be a text"),
    ],
)
def test_a_run_with_a_wrong_one_is_refused(
    build: Build, store: Store, drive: Driver, change: dict[str, Any], problem: str | None
) -> None:
    built = build({"k": LengthBlock.id})
    wanted = {"github_api_key_credentials": chosen(store()) | change}
    if problem is None:
        assert drive(built.start(credentials_inputs=wanted)).status == Status.COMPLETED
        return
    with pytest.raises(GraphValidationError) as refused:
        built.start(credentials_inputs=wanted)
    assert problem in refused.value.node_errors[str(built.ids["k"])]["credentials"]
    assert not GraphExecution.objects.exists()


def test_a_credential_that_is_gone_when_its_node_begins_fails_it_and_nothing_is_paid(
    build: Build, store: Store, user: User, drive: Driver
) -> None:
    meta = store()
    built = build({"k": (LengthBlock.id, {"credentials": chosen(meta)})})
    before = credits.services.balance(user.pk)
    run = built.start()
    services.delete(user.pk, meta.id)
    drive(run)
    [one] = built.of(run, "k")
    assert (one.status, one.cost, one.entered_epoch) == (Status.FAILED, 0, None)
    assert credits.services.balance(user.pk) == before
    assert errors(run) == [
        f"raised by LengthBlock with message: There is no credential {meta.id}. block_id: {LengthBlock.id}"
    ]


def test_what_was_paid_for_a_block_that_was_entered_stays_paid(
    build: Build, store: Store, user: User, drive: Driver
) -> None:
    before = credits.services.balance(user.pk)
    drive(build({"k": (LengthBlock.id, {"credentials": chosen(store())})}).start())
    assert credits.services.balance(user.pk) == before - 7


def test_a_key_that_has_expired_since_is_named(build: Build, store: Store, user: User, drive: Driver) -> None:
    meta = store(title="my key")
    built = build({"k": (LengthBlock.id, {"credentials": chosen(meta)})})
    services.change(user.pk, meta.id, values={"expires_at": "2001-02-03T00:00:00Z"})
    [error] = errors(drive(built.start()))
    assert "The credential 'my key' expired on 2001-02-03. Store a new key." in error


def test_one_credential_may_serve_two_fields_and_an_optional_one_may_be_left_out(
    build: Build, store: Store, drive: Driver
) -> None:
    meta = store(max_concurrency=1)
    twice = {"first_credentials": chosen(meta), "second_credentials": chosen(meta)}
    built = build({"b": (BothBlock.id, twice), "a": (BothBlock.id, {"first_credentials": chosen(meta)})})
    run = drive(built.start())
    assert values(built, run, "b") == [[meta.id, meta.id]]
    assert values(built, run, "a") == [[meta.id, None]]


def test_a_system_credential_serves_everybody(build: Build, installed: Installed, drive: Driver) -> None:
    installed({"credentials": {"github": {"type": "api_key", "api_key": "sk-of-the-house"}}})
    reference = {"id": "system:github", "provider": "github", "type": "api_key"}
    built = build({"k": (LengthBlock.id, {"credentials": reference})})
    assert values(built, drive(built.start()), "k") == [len("sk-of-the-house")]


# -- Waiting


def busy(store: Store, user: User) -> tuple[Any, Any]:
    """A credential that one node may use at a time, and the claim of somebody who uses it."""
    meta, owner = store(max_concurrency=1), uuid4()
    services.take(user.pk, [meta.id], owner=owner, node_execution_id=uuid4())
    return meta, owner


def waiting_for(built: Built, drive: Driver) -> tuple[GraphExecution, NodeExecution]:
    run = built.start()
    drive.step()
    drive.step()
    run.refresh_from_db()
    [one] = built.of(run, "k")
    return run, one


def test_a_node_waits_without_a_worker_for_a_credential_in_use_and_goes_on_when_it_is_free(
    build: Build, store: Store, user: User, drive: Driver
) -> None:
    meta, owner = busy(store, user)
    built = build({"k": (LengthBlock.id, {"credentials": chosen(meta)})})
    run, one = waiting_for(built, drive)
    assert (one.status, one.waits_for, one.claim_token, one.epoch) == (Status.RUNNING, "lease", None, 0)
    services.release(owner)
    drive(run)
    [one] = built.of(run, "k")
    assert (one.status, one.failures, one.epoch, one.cost) == (Status.COMPLETED, 0, 0, 7)


def test_a_run_says_that_it_waits_for_a_credential(build: Build, store: Store, user: User, drive: Driver) -> None:
    meta, owner = busy(store, user)
    run, _ = waiting_for(build({"k": (LengthBlock.id, {"credentials": chosen(meta)})}), drive)
    [reason] = [one for one in reasons.waiting_for(run) if one.kind == "lease"]
    assert "waits for a credential" in reason.detail
    assert "is in use; 1 of 1 allowed uses are taken" in reason.detail
    services.release(owner)
    drive(run)


def test_a_stop_ends_what_waits_for_a_credential_and_nothing_is_paid(
    build: Build, store: Store, user: User, drive: Driver
) -> None:
    meta, owner = busy(store, user)
    before = credits.services.balance(user.pk)
    run, _ = waiting_for(build({"k": (LengthBlock.id, {"credentials": chosen(meta)})}), drive)
    assert credits.services.balance(user.pk) == before - 7
    assert runs.stop_run(run).status == Status.TERMINATED
    assert credits.services.balance(user.pk) == before
    services.release(owner)


def test_the_sweep_releases_what_lost_nodes_left_behind(
    build: Build, store: Store, user: User, drive: Driver, settings: Settings
) -> None:
    meta, _ = busy(store, user)
    Lease.objects.update(taken_at=timezone.now() - timedelta(minutes=1))
    assert sweeping.sweep().released == 1
    built = build({"k": (LengthBlock.id, {"credentials": chosen(meta)})})
    assert drive(built.start()).status == Status.COMPLETED


def test_the_sweep_leaves_the_leases_of_living_claims(build: Build, store: Store, user: User, drive: Driver) -> None:
    meta = store()
    built = build({"k": (LengthBlock.id, {"credentials": chosen(meta)})})
    run = built.start()
    one = NodeExecution.objects.filter(run=run)
    token = uuid4()
    one.update(status=Status.RUNNING, claim_token=token, start_time=timezone.now())
    services.take(user.pk, [meta.id], owner=token, node_execution_id=built.of(run, "k")[0].pk)
    Lease.objects.update(taken_at=timezone.now() - timedelta(minutes=1))
    assert sweeping.released() == 0
    assert runs.release_all() == 1  # as after a crash of everything
    assert not Lease.objects.exists()
    drive.messages.clear()
    runs.stop_run(run)


def test_what_no_key_opens_fails_the_node_with_a_reason(
    build: Build, store: Store, drive: Driver, settings: Settings
) -> None:
    meta = store()
    built = build({"k": (LengthBlock.id, {"credentials": chosen(meta)})})
    Credential.objects.update(sealed="gAAAAA")
    [error] = errors(drive(built.start()))
    assert f"The credential {meta.id} cannot be decrypted with the keys of this installation." in error
