"""Planted secrets are looked for in everything that runs leave behind and show."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from credentials.metas import Meta
from executions.models import NodeOutput
from tests.credentials.blocks import LeakyBlock
from tests.credentials.conftest import Store
from tests.executions.runs import end_of
from tests.executions.test_processes import ALL, others_pause
from tests.graphs_for_tests import Build, Built
from tests.metrics.test_worker_pages import POOLS
from tests.stack import worker

WORD = "planted"
PLANTED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "key_credentials": ("github", "api_key", {"api_key": 'sk-planted/"1+Ü'}),
    "token_credentials": ("github", "oauth2", {"access_token": "at-planted", "refresh_token": "rt-planted"}),
    "login_credentials": ("mail", "user_password", {"username": "ada", "password": "pw-planted"}),
    "host_credentials": ("http", "host_scoped", {"host": "*.example.com", "headers": {"X-Key": "hv-planted"}}),
}
# base64 of "ada:pw-planted", as it travels in a header
ENCODED = "YWRhOnB3LXBsYW50ZWQ="
HOWS = ("raise", "value", "emit")


@pytest.fixture
def keys(store: Store) -> dict[str, Meta]:
    return {
        field: store(provider=provider, type=kind, values=values) for field, (provider, kind, values) in PLANTED.items()
    }


def leaky(build: Build, keys: dict[str, Meta]) -> Built:
    chosen = {field: {"id": key.id, "provider": key.provider, "type": key.type} for field, key in keys.items()}
    nodes = {how: (LeakyBlock.id, chosen | {"how": how}) for how in HOWS}
    again = {"retry": {"attempts": 2, "delay_seconds": 0.05}}
    return build(nodes | {"e": "Echo"}, "raise.error -> e.x", name="leaky", value=again)


def tables() -> Iterator[str]:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")
            yield f"{name}: {cursor.fetchall()!r}"


def of_broker() -> Iterator[str]:
    client: Any = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter("*"):
        kind = client.type(key)
        read = {b"string": client.get, b"hash": client.hgetall, b"set": client.smembers}
        read |= {b"list": lambda one: client.lrange(one, 0, -1), b"zset": lambda one: client.zrange(one, 0, -1)}
        yield f"{key!r}: {read[kind](key)!r}" if kind in read else repr(key)


def pages(admin: Client, api: APIClient, built: Built, run: Any) -> Iterator[str]:
    of_graph = f"/v1/graphs/{built.version.graph_id}"
    answers = [
        *("/v1/integrations/credentials", "/v1/executions", f"{of_graph}/executions/{run.pk}", of_graph),
        *(f"{of_graph}?for_export=true", f"{of_graph}/executions", "/v1/credits/transactions"),
    ]
    for path in answers:
        answer = api.get(path)
        assert answer.status_code == 200, path
        yield f"{path}: {answer.content.decode()}"
    yield from (_page(admin, path) for path in _admin_pages(built, run))


def _admin_pages(built: Built, run: Any) -> list[str]:
    nodes = [f"executions/nodeexecution/{one.pk}/change/" for key in built.ids for one in built.of(run, key)]
    runs = ["executions/graphexecution/", f"executions/graphexecution/{run.pk}/change/", "executions/nodeexecution/"]
    return [
        *runs,
        *nodes,
        "executions/worker/",
        "credentials/credential/",
        "audit/entry/",
        "credits/credittransaction/",
    ]


def _page(admin: Client, path: str) -> str:
    answer = admin.get(f"/admin/{path}")
    assert answer.status_code == 200, path
    return f"{path}: {answer.content.decode()}"


def files(folder: Path) -> Iterator[str]:
    for file in folder.rglob("*"):
        if file.is_file() and "sqlite" not in file.name and not file.name.endswith((".aof", ".rdb")):
            yield f"{file}: {file.read_bytes()!r}"


@pytest.mark.worker
@pytest.mark.parametrize("pool", POOLS)
def test_nothing_that_runs_produce_holds_a_secret(
    workers: Callable[..., Any],
    build: Build,
    keys: dict[str, Meta],
    api: APIClient,
    admin_client: Client,
    pool: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    built = leaky(build, keys)
    with others_pause(*ALL), worker(",".join(ALL), *POOLS[pool], PETIOLE_LOG_JSON="true") as process:
        run = end_of(built.start(), within=60)
        process.terminate()
        process.wait(20)
    errors = NodeOutput.objects.filter(node_execution__run=run, pin="error").values_list("data", flat=True)
    assert sum("[secret]" in str(text) for text in errors) == len(HOWS)
    printed = capfd.readouterr()
    assert printed.err.count("calling with") >= len(HOWS)  # the block has tried
    everything = [printed.err, printed.out, *tables(), *of_broker(), *pages(admin_client, api, built, run)]
    everything += files(settings.STATE)
    held = [text for text in everything if WORD in text or ENCODED in text]
    assert [text[max(0, max(text.find(WORD), text.find(ENCODED)) - 200) :][:400] for text in held] == []


def test_an_exported_graph_holds_no_reference_to_a_credential(
    build: Build, keys: dict[str, Meta], api: APIClient, user: User
) -> None:
    built = leaky(build, keys)
    exported = json.dumps(api.get(f"/v1/graphs/{built.version.graph_id}?for_export=true").json())
    assert WORD not in exported
    assert [key.id for key in keys.values() if key.id in exported] == []
