"""What is done with presets. Whoever runs one comes through the same admission as everybody (D17)."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from executions import services as runs
from executions.errors import RunNotFound
from executions.models import GraphExecution
from graphs import services as graphs
from library import webhooks
from library.errors import GraphGone, HalfChanged, PresetNotFound
from library.models import Preset, Webhook

CHANGEABLE: Final = ("name", "description", "is_active", "inputs", "credentials", "max_cost")


def of(user: User) -> QuerySet[Preset]:
    found = Preset.objects.filter(user=user, deleted_at=None)
    return found.select_related("graph_version__graph", "webhook")


def find(user: User, preset_id: UUID) -> Preset:
    preset = of(user).filter(pk=preset_id).first()
    if preset is None:
        raise PresetNotFound(preset_id)
    return preset


def create(
    user: User,
    *,
    graph_id: UUID,
    graph_version: int,
    webhook_id: UUID | None = None,
    **fields: Any,
) -> Preset:
    """Of a graph version. Raises GraphNotFound, WebhookNotFound."""
    version = graphs.find(user, graph_id, graph_version)
    webhook = None if webhook_id is None else webhooks.find(user, webhook_id)
    return Preset.objects.create(user=user, graph_version=version, webhook=webhook, **fields)


def create_of_run(user: User, *, run_id: UUID, **fields: Any) -> Preset:
    """With what a run was started with. Raises RunNotFound, GraphNotFound."""
    run = GraphExecution.objects.of(user.pk).select_related("graph_version").filter(pk=run_id).first()
    if run is None:
        raise RunNotFound(run_id)
    version = graphs.find(user, run.graph_version.graph_id, run.graph_version.version)
    given = {"inputs": run.inputs, "credentials": run.credentials_inputs, "max_cost": run.max_cost}
    return Preset.objects.create(user=user, graph_version=version, **given, **fields)


def set_up_trigger(
    user: User, *, graph_id: UUID, graph_version: int, name: str, description: str, **given: Mapping[str, Any]
) -> Preset:
    """A preset with a webhook of its own. Raises GraphNotFound, NoTrigger."""
    version = graphs.find(user, graph_id, graph_version)
    provider = webhooks.provider_of(version)
    with transaction.atomic():
        webhook = Webhook.objects.create(user=user, provider=provider)
        return Preset.objects.create(
            user=user, graph_version=version, webhook=webhook, name=name, description=description, **given
        )


def change(user: User, preset_id: UUID, changes: Mapping[str, Any]) -> Preset:
    """Of CHANGEABLE those that are given. Raises PresetNotFound, HalfChanged, GraphGone."""
    if ("inputs" in changes) != ("credentials" in changes):
        raise HalfChanged
    with transaction.atomic():
        preset = of(user).select_for_update(of=("self",)).filter(pk=preset_id).first()
        if preset is None:
            raise PresetNotFound(preset_id)
        if preset.graph_version.graph.deleted_at is not None:
            raise GraphGone(preset.name)
        for name in CHANGEABLE:
            if name in changes:
                setattr(preset, name, changes[name])
        preset.updated_at = timezone.now()
        preset.save(update_fields=[*CHANGEABLE, "updated_at"])
    return preset


def delete(user: User, preset_id: UUID) -> None:
    """Its runs stay; its webhook starts it no more."""
    if not of(user).filter(pk=preset_id).update(deleted_at=timezone.now(), is_active=False, webhook=None):
        raise PresetNotFound(preset_id)


def filled(user: User, graph_id: UUID, preset_id: UUID, order: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a start, with those of a preset of the same graph where `order` has none, key by key.

    Raises PresetNotFound."""
    preset = of(user).filter(pk=preset_id, graph_version__graph_id=graph_id).first()
    if preset is None:
        raise PresetNotFound(preset_id)
    return {
        **order,
        "inputs": {**preset.inputs, **order["inputs"]},
        "credentials_inputs": {**preset.credentials, **order["credentials_inputs"]},
        "max_cost": preset.max_cost if order["max_cost"] is None else order["max_cost"],
        "preset_id": preset.pk,
    }


def execute(
    preset: Preset,
    *,
    inputs: Mapping[str, Any] | None = None,
    credentials: Mapping[str, Any] | None = None,
    masks: Mapping[str, Mapping[str, Any]] | None = None,
    run_id: UUID | None = None,
) -> GraphExecution:
    """What is given takes the place of the preset's, key by key. Raises GraphGone and what a start raises."""
    if preset.graph_version.graph.deleted_at is not None:
        raise GraphGone(preset.name)
    return runs.start(
        user=preset.user,
        version=preset.graph_version,
        inputs={**preset.inputs, **(inputs or {})},
        credentials_inputs={**preset.credentials, **(credentials or {})},
        masks=masks,
        max_cost=preset.max_cost,
        preset_id=preset.pk,
        run_id=run_id,
    )
