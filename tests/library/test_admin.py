"""Presets, webhooks and messages in the admin: read, searched, never changed."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blocks.library.generic_webhook_trigger import GenericWebhookTriggerBlock
from executions.models import GraphExecution
from library import ingress, presets
from library.models import Delivery, Preset, Webhook
from tests.graphs_for_tests import Build, Built
from tests.silence import Silent

PRESETS, WEBHOOKS, DELIVERIES = (f"/admin/library/{name}/" for name in ("preset", "webhook", "delivery"))
pytestmark = pytest.mark.usefixtures("no_messages")


@pytest.fixture
def built(build: Build) -> Built:
    return build({"t": (GenericWebhookTriggerBlock.id, {"constants": {"c": 1}})}, name="Lead watcher")


@pytest.fixture
def webhook(built: Built) -> Webhook:
    return Webhook.objects.get(graph=built.version.graph_id)


@pytest.fixture
def preset(built: Built, webhook: Webhook) -> Preset:
    version = built.version
    given: dict[str, Any] = {"name": "daily", "description": "", "inputs": {"city": "Rome"}}
    return presets.create(
        version.graph.owner, graph_id=version.graph_id, graph_version=1, webhook_id=webhook.pk, **given
    )


def page(client: Client, address: str, **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return answer.content.decode()


def found(client: Client, address: str, **query: str) -> int:
    return int(client.get(address, query).context["cl"].result_count)


def test_a_preset_shows_its_graph_what_it_gives_and_what_starts_it(admin_client: Client, preset: Preset) -> None:
    listed = page(admin_client, PRESETS)
    assert all(text in listed for text in ("Lead watcher v1", "by hand or webhook (generic_webhook)"))
    assert "&quot;city&quot;: &quot;Rome&quot;" in page(admin_client, f"{PRESETS}{preset.pk}/change/")
    for query, number in ((str(preset.pk), 1), ("watcher", 1), ("dail", 1), (str(uuid4()), 0)):
        assert found(admin_client, PRESETS, q=query) == number
    assert found(admin_client, PRESETS, webhook__isempty="1") == 0


def test_a_webhook_shows_what_it_starts_and_its_newest_messages(
    admin_client: Client, preset: Preset, webhook: Webhook
) -> None:
    ingress.receive(webhook, {}, delivery_id="msg <1>")
    listed = page(admin_client, WEBHOOKS)
    assert "Lead watcher</a> and 1 preset" in listed
    shown = page(admin_client, f"{WEBHOOKS}{webhook.pk}/change/")
    assert f"/v1/integrations/generic_webhook/webhooks/{webhook.pk}/ingress" in shown
    assert "msg &lt;1&gt;</a>: 2 runs started" in shown
    for query, number in ((str(webhook.pk), 1), (str(webhook.graph_id), 1), ("ada", 1), ("eve", 0)):
        assert found(admin_client, WEBHOOKS, q=query) == number


def test_a_message_shows_the_runs_that_it_started_and_what_was_refused(
    admin_client: Client, preset: Preset, webhook: Webhook
) -> None:
    delivery = ingress.receive(webhook, {}, delivery_id="m1")
    run = GraphExecution.objects.first()
    assert run is not None
    Delivery.objects.create(webhook=webhook, delivery_id="m2", errors=[{"of": "graph g", "message": "No credits."}])
    Delivery.objects.filter(pk=delivery.pk).update(runs=[str(run.pk), str(uuid4())])
    shown = page(admin_client, f"{DELIVERIES}{delivery.pk}/change/")
    assert f"/admin/executions/graphexecution/{run.pk}/change/" in shown
    assert "(not kept any more)" in shown
    assert "graph g: No credits." in page(admin_client, DELIVERIES)
    assert [found(admin_client, DELIVERIES, refused=wanted) for wanted in ("yes", "no")] == [1, 1]
    for query, number in ((str(webhook.pk), 2), ("m2", 1), ("nobody", 0)):
        assert found(admin_client, DELIVERIES, q=query) == number


@pytest.mark.parametrize("address", [PRESETS, WEBHOOKS, DELIVERIES])
def test_nothing_is_added_or_changed_there(
    admin_client: Client, preset: Preset, webhook: Webhook, address: str
) -> None:
    ingress.receive(webhook, {}, delivery_id="m1")
    one = {PRESETS: preset.pk, WEBHOOKS: webhook.pk, DELIVERIES: Delivery.objects.get().pk}[address]
    assert admin_client.get(f"{address}add/").status_code == 403
    assert admin_client.post(f"{address}{one}/change/", {"name": "x"}).status_code == 403
    assert admin_client.post(f"{address}{one}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("address", [PRESETS, WEBHOOKS, DELIVERIES])
def test_a_list_costs_the_same_however_long_it_is(
    admin_client: Client, build: Build, no_messages: Silent, address: str
) -> None:
    numbers = []
    for number in range(3):
        built = build({"t": (GenericWebhookTriggerBlock.id, {})}, name=f"g{number}")
        webhook = Webhook.objects.get(graph=built.version.graph_id)
        presets.create(build.user, graph_id=built.version.graph_id, graph_version=1, name="p", webhook_id=webhook.pk)
        ingress.receive(webhook, {}, delivery_id=f"m{number}")
        with CaptureQueriesContext(connection) as asked:
            admin_client.get(address)
        numbers.append(len(asked))
    assert numbers[1] == numbers[2]
