"""Credentials on real workers: shared, limited, refreshed once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from credentials import leases
from credentials.models import Credential, Lease
from executions.states import Status
from tests.credentials.blocks import LengthBlock, TokenBlock
from tests.credentials.conftest import Store
from tests.credentials.provider import ProviderServer
from tests.executions.runs import end_of, values
from tests.graphs_for_tests import Build, Built
from tests.stack import eventually

pytestmark = pytest.mark.worker


def fan(build: Build, block: str, meta: Any, number: int, **constants: Any) -> Built:
    chosen = {"id": meta.id, "provider": meta.provider, "type": meta.type}
    return build({f"n{index}": (block, {"credentials": chosen} | constants) for index in range(number)})


def all_values(built: Built, run: Any) -> list[Any]:
    return [value for key in built.ids for value in values(built, run, key)]


def test_many_nodes_use_one_key_at_the_same_time(workers: Callable[..., Any], build: Build, store: Store) -> None:
    meta = store()
    built = fan(build, LengthBlock.id, meta, 3, seconds=4)
    run = built.start()
    eventually(lambda: leases.in_use(meta.id) == 3)
    assert end_of(run).status == Status.COMPLETED
    assert all_values(built, run) == [8] * 3
    assert not Lease.objects.exists()


def test_no_more_than_allowed_use_it_and_all_have_their_turn(
    workers: Callable[..., Any], build: Build, store: Store
) -> None:
    meta = store(max_concurrency=2)
    built = fan(build, LengthBlock.id, meta, 6, seconds=0.3)
    run = built.start()
    assert end_of(run, within=60).status == Status.COMPLETED
    assert all_values(built, run) == [8] * 6
    assert run.started_at is not None
    assert run.ended_at is not None
    assert (run.ended_at - run.started_at).total_seconds() >= 3 * 0.3
    assert not Lease.objects.exists()


def test_twenty_parallel_nodes_refresh_a_token_once(
    workers: Callable[..., Any], build: Build, store: Store, user: User, provider: ProviderServer
) -> None:
    provider.refresh_tokens.add("refresh-first")
    ended = (timezone.now() - timedelta(minutes=1)).isoformat()
    values_ = {"access_token": "access-first", "refresh_token": "refresh-first", "access_token_expires_at": ended}
    meta = store(type="oauth2", values=values_)
    provider.pause = 0.5
    built = fan(build, TokenBlock.id, meta, 20)
    run = built.start()
    assert end_of(run, within=60).status == Status.COMPLETED
    assert all_values(built, run) == [provider.issued[-1][-4:]] * 20
    assert len(provider.refreshes) == 1
    assert not Lease.objects.exists()
    assert Credential.objects.get().refreshing_by is None
