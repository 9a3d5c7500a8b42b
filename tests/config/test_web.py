"""The edges of the web application: probes, metrics, sizes, schema."""

import asyncio
import json
import threading
from collections.abc import MutableMapping
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from pytest_django import Settings

from config import health
from config.asgi import application
from config.bodies import LimitedBodies
from executions.waiting import broker as broker_of

Messages = list[MutableMapping[str, Any]]


def ask(
    application: Any, *chunks: bytes, headers: list[tuple[bytes, bytes]] | None = None, path: str = "/v1/nothing"
) -> Messages:
    """One request as a web server hands it on, the body in these chunks; what is sent back."""
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    waiting[-1]["more_body"] = False
    sent: Messages = []

    async def receive() -> MutableMapping[str, Any]:
        return waiting.pop(0) if waiting else await asyncio.Future()  # the client stays

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost"), *(headers or [])],
    }
    asyncio.run(application(scope, receive, send))
    return sent


async def swallow(scope: Any, receive: Any, send: Any) -> None:
    """Reads the whole body before it answers, as Django does."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200})


@pytest.mark.parametrize("headers", [[(b"content-length", b"101")], []])
def test_a_body_that_is_too_large_is_refused(settings: Settings, headers: list[tuple[bytes, bytes]]) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    sent = ask(LimitedBodies(swallow), b"x" * 60, b"x" * 41, headers=headers)
    assert sent[0]["status"] == 413
    assert json.loads(sent[1]["body"])["message"] == "The request is larger than 100 bytes."


def test_an_upload_may_be_larger_up_to_a_limit_of_its_own(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.UPLOAD_BYTES = 100, 200
    assert ask(LimitedBodies(swallow), b"x" * 200, path="/v1/files/upload")[0]["status"] == 200
    sent = ask(LimitedBodies(swallow), b"x" * 200, b"x" * 65_537, path="/v1/files/upload")
    assert sent[0]["status"] == 413
    assert json.loads(sent[1]["body"])["hint"] == "PETIOLE_UPLOAD_BYTES is the limit."


def test_a_body_that_is_just_not_too_large_is_read(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert ask(LimitedBodies(swallow), b"x" * 60, b"x" * 40)[0]["status"] == 200


def test_the_application_answers_through_the_limit() -> None:
    sent = ask(application, b"{}")
    assert sent[0]["status"] == 404
    assert json.loads(sent[1]["body"])["message"] == "There is nothing at /v1/nothing."


@pytest.mark.django_db
def test_health_asks_database_and_broker(client: Client, broker: None) -> None:
    response = client.get("/healthz", headers={"host": "10.1.2.3"})  # a probe knows the address alone
    assert (response.status_code, response.json()) == (
        200,
        {"status": "ok", "database": "ok", "broker": "ok", "disk": "ok"},
    )


@pytest.mark.django_db
def test_health_says_what_is_missing(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "database": "ok",
        "broker": "Redis does not answer: ConnectionError",
        "disk": "ok",
    }


@pytest.mark.django_db
def test_health_says_that_the_disk_is_full(client: Client, settings: Settings, broker: None) -> None:
    settings.MIN_FREE_BYTES = 2**60
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["disk"].endswith(f"MB are left in {settings.STATE}")


@pytest.mark.django_db
def test_health_asks_the_broker_of_messages_where_it_is_another(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch, broker: None
) -> None:
    settings.CELERY_BROKER_URL = "amqp://guest:guest@127.0.0.1:9//"
    monkeypatch.setattr(broker_of, "broker_problem", lambda: "Connection refused")
    assert client.get("/healthz").json()["broker"] == "RabbitMQ does not answer"


def test_health_survives_a_lost_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: Any, **__: Any) -> Any:
        raise DatabaseError("password of ada is wrong")

    monkeypatch.setattr(connection, "cursor", lost)
    assert health.database_problem() == "the database does not answer: DatabaseError"


@pytest.mark.django_db
def test_metrics_count_requests_by_route_and_never_by_id(client: Client) -> None:
    client.get("/admin/login/")
    client.get("/v1/graphs/some-id-or-other/nothing")
    page = client.get("/metrics").content.decode()
    assert 'petiole_http_request_seconds_count{method="GET",route="admin/login/",status="200"}' in page
    assert 'petiole_http_request_seconds_count{method="GET",route="",status="404"}' in page
    assert "some-id-or-other" not in page
    assert "petiole_oldest_queued_seconds 0.0" in page


def test_the_schema_is_served_and_shown(client: Client) -> None:
    assert "openapi: 3" in client.get("/v1/schema").content.decode()
    assert client.get("/v1/docs").status_code == 200


def test_threads_of_requests_stay_and_so_do_their_connections() -> None:
    assert ask(application, b"{}")[0]["status"] == 404
    before = {thread.name for thread in threading.enumerate() if thread.name.startswith("request")}
    assert ask(application, b"{}")[0]["status"] == 404
    assert {thread.name for thread in threading.enumerate() if thread.name.startswith("request")} == before
    assert before


def test_the_admin_says_whose_it_is(admin_client: Client) -> None:
    page = admin_client.get("/admin/").content.decode()
    assert "<title>Administration | Petiole</title>" in page
    assert "Django administration" not in page
