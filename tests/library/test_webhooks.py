"""Messages from outside start runs: signed, each once, and nothing that goes wrong is swallowed."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient
from standardwebhooks import Webhook as Signed

from accounts.models import User
from blocks.library.compass_ai_trigger import CompassAITriggerBlock
from blocks.library.generic_webhook_trigger import GenericWebhookTriggerBlock
from executions import services as runs
from executions.models import GraphExecution
from executions.states import Status
from graphs import services as graphs
from library import ingress, webhooks
from library.models import Delivery, Preset, Webhook
from tests.executions.driver import Driver
from tests.executions.runs import afford, values
from tests.graphs.test_concurrency import at_once
from tests.graphs_for_tests import Build, Built

pytestmark = [pytest.mark.usefixtures("drive")]
TRIGGER = GenericWebhookTriggerBlock.id


@pytest.fixture
def built(build: Build) -> Built:
    return build({"t": (TRIGGER, {"constants": {"c": 1}}), "e": "Echo"}, "t.payload -> e.x")


@pytest.fixture
def webhook(built: Built) -> Webhook:
    return Webhook.objects.get(graph=built.version.graph_id)


def address(webhook: Webhook) -> str:
    return f"/v1/integrations/{webhook.provider}/webhooks/{webhook.pk}/ingress"


def sent(webhook: Webhook, payload: Any, *, name: str = "m1", at: datetime | None = None, secret: str = "") -> Any:
    """A message, signed as Standard Webhooks says."""
    body, at = json.dumps(payload), at or datetime.now(UTC)
    signature = Signed(secret or webhooks.secret_of(webhook)).sign(name, at, body)
    headers = {"webhook-id": name, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    return Client().post(address(webhook), body, content_type="application/json", headers=headers)


def test_a_message_starts_a_run_with_what_was_sent(webhook: Webhook, built: Built, drive: Driver) -> None:
    assert sent(webhook, {"a": [1]}).json() == {"delivery_id": "m1", "started": 1, "refused": 0}
    run = drive(GraphExecution.objects.get())
    assert (run.status, values(built, run, "e")) == (Status.COMPLETED, [{"a": [1]}])


def test_a_wearable_starts_a_run_with_what_it_heard(build: Build, drive: Driver) -> None:
    built = build({"t": CompassAITriggerBlock.id, "e": "Echo"}, "t.transcription -> e.x")
    webhook = Webhook.objects.get(graph=built.version.graph_id)
    assert webhook.provider == "compass"
    assert sent(webhook, {"date": "2026-01-01", "transcription": "hi"}).json()["started"] == 1
    run = drive(GraphExecution.objects.get())
    assert (run.status, values(built, run, "e")) == (Status.COMPLETED, ["hi"])


def test_the_same_message_again_starts_nothing(webhook: Webhook) -> None:
    answers = [sent(webhook, {"a": 1}).json() for _ in range(3)]
    assert answers == [answers[0]] * 3
    assert GraphExecution.objects.count() == 1
    sent(webhook, {"a": 1}, name="m2")
    assert GraphExecution.objects.count() == 2


def test_the_same_message_from_several_at_once_starts_one_run(webhook: Webhook) -> None:
    answers = at_once(*[lambda: sent(webhook, {"a": 1}).json()["started"]] * 4)
    assert (answers, GraphExecution.objects.count()) == ([1] * 4, 1)


def test_who_was_killed_in_the_middle_goes_on_and_starts_nothing_twice(webhook: Webhook) -> None:
    sent(webhook, {"a": 1})
    Delivery.objects.update(finished_at=None, runs=[])
    assert sent(webhook, {"a": 1}).json()["started"] == 1
    assert GraphExecution.objects.count() == 1


def test_what_is_not_signed_with_the_secret_is_refused(webhook: Webhook) -> None:
    other = Webhook(provider=webhook.provider)
    late = datetime.now(UTC) - timedelta(minutes=10)
    refused = [sent(webhook, {}, secret=webhooks.secret_of(other)), sent(webhook, {}, at=late)]
    refused.append(Client().post(address(webhook), {}, content_type="application/json"))
    odd = {"webhook-id": "x", "webhook-timestamp": "soon", "webhook-signature": "v1"}
    refused.append(Client().post(address(webhook), {}, content_type="application/json", headers=odd))
    assert [answer.status_code for answer in refused] == [401] * 4
    assert not GraphExecution.objects.exists()


def test_a_plain_hmac_will_do(webhook: Webhook) -> None:
    body = b'{"a": 1}'
    digest = hmac.new(webhooks.secret_of(webhook).encode(), body, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": f"sha256={digest}", "x-github-delivery": "d1"}
    answer = Client().post(address(webhook), body, content_type="application/json", headers=headers)
    assert answer.json() == {"delivery_id": "d1", "started": 1, "refused": 0}


def test_a_secret_that_was_replaced_counts_no_more(api: APIClient, webhook: Webhook) -> None:
    before = webhooks.secret_of(webhook)
    [shown] = api.get("/v1/integrations/webhooks").json()
    assert (shown["secret"], shown["url"]) == (before, f"http://testserver{address(webhook)}")
    changed = api.patch(f"/v1/integrations/webhooks/{webhook.pk}", {"rotate_secret": True}, format="json").json()
    assert changed["secret"] != before
    assert sent(webhook, {}, secret=before).status_code == 401
    assert sent(webhook, {}, secret=changed["secret"]).status_code == 200


def test_the_owner_may_do_without_signatures(api: APIClient, webhook: Webhook) -> None:
    api.patch(f"/v1/integrations/webhooks/{webhook.pk}", {"requires_signature": False}, format="json")
    answers = [Client().post(address(webhook), {"a": 1}, content_type="application/json") for _ in range(2)]
    assert [answer.json()["started"] for answer in answers] == [1, 1]  # without a name both are new


@pytest.mark.parametrize("payload", [[1], "text", None])
def test_what_is_no_object_is_refused(webhook: Webhook, payload: Any) -> None:
    assert sent(webhook, payload).status_code == 422
    assert not Delivery.objects.exists()


def test_what_is_too_large_is_refused(webhook: Webhook, settings: Any) -> None:
    settings.WEBHOOK_BYTES = 1024
    assert sent(webhook, {"a": "x" * 2000}).status_code == 413


def test_there_is_nothing_at_another_address(webhook: Webhook) -> None:
    other = Webhook(provider=webhook.provider)
    assert sent(other, {}).status_code == 404
    webhook.provider = "github"
    assert sent(webhook, {}).status_code == 404


def test_a_provider_that_cannot_be_named_is_nothing(client: Client, webhook: Webhook) -> None:
    address = f"/v1/integrations/a%00b/webhooks/{webhook.pk}/ingress"
    assert client.post(address, "{}", content_type="application/json").status_code == 404


def test_a_refusal_is_kept_for_the_owner_and_not_told_to_the_sender(
    api: APIClient, webhook: Webhook, built: Built
) -> None:
    afford(built.version.graph.owner, 0)
    assert sent(webhook, {}).json() == {"delivery_id": "m1", "started": 0, "refused": 1}
    [delivery] = api.get(f"/v1/integrations/webhooks/{webhook.pk}/deliveries").json()
    [error] = delivery["refused"]
    assert error["code"] == "no_credits"
    assert error["of"].startswith("graph ")


def test_a_preset_with_a_webhook_of_its_own_gives_the_trigger_its_inputs(
    api: APIClient, built: Built, drive: Driver
) -> None:
    body = {
        "name": "other constants",
        "graph_id": str(built.version.graph_id),
        "graph_version": 1,
        "trigger_config": {"constants": {"c": 2}},
    }
    made = api.post("/v1/library/presets/setup-trigger", body, format="json").json()
    webhook = Webhook.objects.get(pk=made["webhook_id"])
    assert sent(webhook, {"a": 1}).json()["started"] == 1
    run = drive(GraphExecution.objects.get())
    assert str(run.preset_id) == made["id"]
    [one] = built.of(run, "t")
    assert one.outputs.get(pin="constants").data == {"c": 2}
    api.patch(f"/v1/library/presets/{made['id']}", {"is_active": False}, format="json")
    assert sent(webhook, {}, name="m2").json()["started"] == 0


def test_a_graph_without_a_trigger_gets_no_webhook(api: APIClient, build: Build) -> None:
    plain = build({"e": ("Echo", {"x": 1})})
    assert not Webhook.objects.filter(graph=plain.version.graph_id).exists()
    body = {"name": "n", "graph_id": str(plain.version.graph_id), "graph_version": 1, "trigger_config": {}}
    assert api.post("/v1/library/presets/setup-trigger", body, format="json").status_code == 400


def test_the_address_stays_from_version_to_version_and_goes_with_the_graph(webhook: Webhook, built: Built) -> None:
    owner, graph_id = built.version.graph.owner, built.version.graph_id
    body = {"name": "2", "description": "", "nodes": [{"id": str(uuid4()), "block_id": TRIGGER}], "links": []}
    graphs.update(owner, graph_id, body)
    assert Webhook.objects.get(graph=graph_id).pk == webhook.pk
    sent(webhook, {})
    assert GraphExecution.objects.get().graph_version.version == 2
    graphs.delete(owner, graph_id)
    assert sent(webhook, {}, name="m2").status_code == 404


def test_a_preset_of_a_deleted_graph_is_given_up(built: Built) -> None:
    webhook = Webhook.objects.create(user=built.version.graph.owner, provider="generic_webhook")
    preset = Preset.objects.create(
        user=webhook.user, graph_version=built.version, webhook=webhook, name="n", inputs={}, credentials={}
    )
    graphs.delete(webhook.user, built.version.graph_id)
    Preset.objects.update(is_active=True)
    delivery = ingress.receive(webhook, {}, delivery_id="x")
    assert [error["code"] for error in delivery.errors] == ["graph_gone"]
    preset.refresh_from_db()
    assert not preset.is_active


def test_a_run_is_started_once_for_one_reason(built: Built) -> None:
    reason = uuid4()
    started = [runs.start(user=built.version.graph.owner, version=built.version, run_id=reason) for _ in range(2)]
    assert {run.pk for run in started} == {reason}
    assert GraphExecution.objects.count() == 1


def test_the_graph_says_how_it_is_triggered(api: APIClient, built: Built) -> None:
    told = api.get(f"/v1/graphs/{built.version.graph_id}").json()
    assert told["has_external_trigger"]
    assert told["trigger_setup_info"]["provider"] == "generic_webhook"
    assert list(told["trigger_setup_info"]["config_schema"]["properties"]) == ["constants"]


def test_webhooks_of_somebody_else_do_not_exist(webhook: Webhook) -> None:
    eve = APIClient()
    eve.force_authenticate(User.objects.create_user("eve"))
    assert eve.get("/v1/integrations/webhooks").json() == []
    assert eve.patch(f"/v1/integrations/webhooks/{webhook.pk}", {}).status_code == 404
    assert eve.get(f"/v1/integrations/webhooks/{webhook.pk}/deliveries").status_code == 404
