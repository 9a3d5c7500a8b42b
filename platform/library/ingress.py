"""A message from outside starts a run for each node and preset that waits for it, and each of them once.

The delivery's row comes first. The id of each run follows from the delivery and what it is for, so whoever is killed
in the middle, or is told the same twice, starts nothing twice. What is refused is kept with its reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from django.db.models import F
from django.utils import timezone

from executions import services as runs
from executions.errors import ExecutionError
from executions.models import GraphExecution
from graphs.errors import GraphError
from graphs.models import GraphVersion
from library import presets, webhooks
from library.errors import GraphGone, LibraryError
from library.models import Delivery, Preset, Webhook

KEPT: Final = timedelta(days=30)


@dataclass(frozen=True)
class Target:
    """What is started: a preset, or a version of the webhook's graph."""

    version: GraphVersion
    node_id: UUID
    preset: Preset | None = None

    @property
    def name(self) -> str:
        return f"graph {self.version}" if self.preset is None else f"preset {self.preset.pk}"

    @property
    def key(self) -> str:
        return str(self.node_id if self.preset is None else f"{self.preset.pk}/{self.node_id}")


def receive(webhook: Webhook, payload: Mapping[str, Any], *, delivery_id: str | None) -> Delivery:
    """Raises nothing for what keeps a run from starting: the delivery says it."""
    named = delivery_id or str(uuid4())
    row = Delivery(webhook=webhook, delivery_id=named)
    Delivery.objects.bulk_create([row], ignore_conflicts=True)
    delivery = Delivery.objects.get(webhook=webhook, delivery_id=named)
    if delivery.finished_at is not None:
        return delivery
    for target in _targets(webhook):
        try:
            delivery.runs.append(str(_start(target, payload, delivery).pk))
        except (ExecutionError, GraphError, LibraryError) as refused:
            delivery.errors.append({"of": target.name, "code": refused.code, "message": str(refused)})
            _give_up(target, refused)
    delivery.finished_at = timezone.now()
    delivery.save(update_fields=["runs", "errors", "finished_at"])
    Delivery.objects.filter(webhook=webhook, received_at__lt=timezone.now() - KEPT).delete()
    return delivery


def _targets(webhook: Webhook) -> Iterator[Target]:
    if webhook.graph_id is not None:
        active = GraphVersion.objects.filter(version=F("graph__active_version"), graph__deleted_at=None)
        for version in active.filter(graph_id=webhook.graph_id):
            yield from _nodes(webhook, version, None)
    waiting = webhook.presets.filter(is_active=True, deleted_at=None)
    for preset in waiting.select_related("user", "graph_version__graph").order_by("created_at"):
        yield from _nodes(webhook, preset.graph_version, preset)


def _nodes(webhook: Webhook, version: GraphVersion, preset: Preset | None) -> Iterator[Target]:
    for node_id, provider in webhooks.triggers_of(version).items():
        if provider == webhook.provider:
            yield Target(version, node_id, preset)


def _start(target: Target, payload: Mapping[str, Any], delivery: Delivery) -> GraphExecution:
    run_id = uuid5(delivery.pk, target.key)
    given = {} if target.preset is None else dict(target.preset.inputs)
    masks = {str(target.node_id): {**given, "payload": payload}}
    if target.preset is not None:
        return presets.execute(target.preset, masks=masks, run_id=run_id)
    return runs.start(user=delivery.webhook.user, version=target.version, masks=masks, run_id=run_id)


def _give_up(target: Target, refused: Exception) -> None:
    """Of a graph that is gone nothing can be started any more."""
    if target.preset is not None and isinstance(refused, GraphGone):
        Preset.objects.filter(pk=target.preset.pk).update(is_active=False)
