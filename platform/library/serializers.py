"""Shapes of requests and answers about presets and webhooks (spec 8.8, 8.9)."""

from typing import Any

from rest_framework import serializers

from executions.serializers import PageIn, PaginationOut
from library import webhooks
from library.models import Preset, Webhook

MOST_COST = 2**63 - 1


class PresetIn(serializers.Serializer[Any]):
    """Of a graph version, or with `graph_execution_id` of what that run was started with."""

    graph_execution_id = serializers.UUIDField(required=False)
    graph_id = serializers.UUIDField(required=False)
    graph_version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    name = serializers.CharField(max_length=255)
    description = serializers.CharField(allow_blank=True, max_length=10_000)
    inputs = serializers.DictField(required=False)
    credentials = serializers.DictField(required=False)
    is_active = serializers.BooleanField(default=True)
    webhook_id = serializers.UUIDField(required=False, allow_null=True)
    max_cost = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=MOST_COST)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if "graph_execution_id" in given:
            return given
        missing = [name for name in ("graph_id", "graph_version", "inputs", "credentials") if name not in given]
        if missing:
            raise serializers.ValidationError(dict.fromkeys(missing, "This field is required."))
        return given


class PresetPatchIn(serializers.Serializer[Any]):
    name = serializers.CharField(required=False, max_length=255)
    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    inputs = serializers.DictField(required=False)
    credentials = serializers.DictField(required=False)
    is_active = serializers.BooleanField(required=False)
    max_cost = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=MOST_COST)


class TriggerIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=255)
    description = serializers.CharField(default="", allow_blank=True, max_length=10_000)
    graph_id = serializers.UUIDField()
    graph_version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    trigger_config = serializers.DictField()
    agent_credentials = serializers.DictField(default=dict)


class ExecutePresetIn(serializers.Serializer[Any]):
    inputs = serializers.DictField(required=False)
    credential_inputs = serializers.DictField(required=False)


class PresetsIn(PageIn):
    page_size = serializers.IntegerField(min_value=1, max_value=100, default=10)
    graph_id = serializers.UUIDField()


class WebhookOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    provider = serializers.CharField()
    graph_id = serializers.UUIDField(allow_null=True)
    preset_ids = serializers.ListField(child=serializers.UUIDField())
    url = serializers.CharField(help_text="Where messages are sent")
    secret = serializers.CharField(help_text="What messages are signed with")
    requires_signature = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class PresetOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    graph_id = serializers.UUIDField()
    graph_version = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    inputs = serializers.DictField()
    credentials = serializers.DictField()
    max_cost = serializers.IntegerField(allow_null=True)
    is_active = serializers.BooleanField()
    webhook_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class PresetPageOut(serializers.Serializer[Any]):
    presets = PresetOut(many=True)
    pagination = PaginationOut()


class WebhookPatchIn(serializers.Serializer[Any]):
    requires_signature = serializers.BooleanField(required=False)
    rotate_secret = serializers.BooleanField(default=False, help_text="The old secret counts no more")


class DeliveryOut(serializers.Serializer[Any]):
    delivery_id = serializers.CharField()
    runs = serializers.ListField(child=serializers.UUIDField(), help_text="Runs that were started")
    refused = serializers.ListField(
        source="errors", child=serializers.DictField(), help_text="What could not be started: of, code, message"
    )
    received_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class ReceivedOut(serializers.Serializer[Any]):
    delivery_id = serializers.CharField()
    started = serializers.IntegerField(help_text="Runs")
    refused = serializers.IntegerField(help_text="Runs that could not be started; the owner sees why")


def preset_shown(preset: Preset) -> dict[str, Any]:
    version = preset.graph_version
    return {
        "id": str(preset.pk),
        "user_id": str(preset.user_id),
        "graph_id": str(version.graph_id),
        "graph_version": version.version,
        "name": preset.name,
        "description": preset.description,
        "inputs": preset.inputs,
        "credentials": preset.credentials,
        "max_cost": preset.max_cost,
        "is_active": preset.is_active,
        "webhook_id": None if preset.webhook_id is None else str(preset.webhook_id),
        "created_at": preset.created_at,
        "updated_at": preset.updated_at,
    }


def webhook_shown(webhook: Webhook, address: str) -> dict[str, Any]:
    return {
        "id": str(webhook.pk),
        "provider": webhook.provider,
        "graph_id": None if webhook.graph_id is None else str(webhook.graph_id),
        "preset_ids": [str(preset.pk) for preset in webhook.presets.all() if preset.deleted_at is None],
        "url": address,
        "secret": webhooks.secret_of(webhook),
        "requires_signature": webhook.requires_signature,
        "created_at": webhook.created_at,
    }
