"""Webhooks of graphs and presets: made when a graph with a trigger node is activated, gone with the graph."""

import base64
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.crypto import salted_hmac

from accounts.models import User
from audit import services as audit
from blocks import registry
from blocks.sdk import BlockType
from graphs.models import Graph, GraphVersion
from graphs.plans import plan_of
from library.errors import NoTrigger, WebhookNotFound
from library.models import Preset, Webhook

TRIGGERS: Final = frozenset({BlockType.WEBHOOK, BlockType.WEBHOOK_MANUAL})


def triggers_of(version: GraphVersion) -> dict[UUID, str]:
    """The nodes that a message from outside starts, each with its provider."""
    found = {}
    for node in plan_of(version.pk).nodes.values():
        spec = registry.get(node.block_id)
        if spec is not None and spec.block_type in TRIGGERS and spec.webhook_provider:
            found[node.id] = spec.webhook_provider
    return found


def provider_of(version: GraphVersion) -> str:
    """Raises NoTrigger."""
    for provider in triggers_of(version).values():
        return provider
    raise NoTrigger(version.name)


def secret_of(webhook: Webhook) -> str:
    """Derived from PETIOLE_SECRET_KEY, so that none is stored; another one after every rotation."""
    digest = salted_hmac("library.webhook", f"{webhook.pk}/{webhook.rotation}", algorithm="sha256").digest()
    return f"whsec_{base64.b64encode(digest).decode()}"


def of(user: User) -> QuerySet[Webhook]:
    return Webhook.objects.filter(user=user).prefetch_related("presets").order_by("-created_at")


def find(user: User, webhook_id: UUID) -> Webhook:
    webhook = of(user).filter(pk=webhook_id).first()
    if webhook is None:
        raise WebhookNotFound(webhook_id)
    return webhook


def change(user: User, webhook_id: UUID, *, requires_signature: bool | None = None, rotate: bool = False) -> Webhook:
    webhook = find(user, webhook_id)
    mine = Webhook.objects.filter(pk=webhook.pk)
    with transaction.atomic():
        if requires_signature is not None:
            mine.update(requires_signature=requires_signature)
        if rotate:
            mine.update(rotation=F("rotation") + 1)
        changed = {"requires_signature": requires_signature, "rotated": rotate}
        audit.record("webhook.changed", subject=webhook, subject_id=webhook.pk, detail=changed)
    return find(user, webhook_id)


def graph_activated(*, graph: Graph, version: GraphVersion, **_: Any) -> None:
    """One address for each provider, which stays the same from version to version."""
    specs = map(registry.get, version.nodes.order_by().values_list("block_id", flat=True).distinct())
    providers = {spec.webhook_provider for spec in specs if spec is not None and spec.block_type in TRIGGERS}
    for provider in filter(None, providers):
        Webhook.objects.get_or_create(graph=graph, provider=provider, defaults={"user": graph.owner})


def graph_deleted(*, graph: Graph, **_: Any) -> None:
    Preset.objects.filter(graph_version__graph=graph).update(is_active=False)
    Webhook.objects.filter(graph=graph).delete()
