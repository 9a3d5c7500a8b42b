"""A version of a graph as the JSON document that files and answers carry, with everything derived from its nodes."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from blocks import registry
from blocks.sdk.kinds import BlockType
from graphs import reading, schemas, view
from graphs.models import GraphVersion
from graphs.plan import Plan, PlanLink, PlanNode
from graphs.plans import plans_of
from graphs.view import NodeView

_TRIGGERS = frozenset({BlockType.WEBHOOK, BlockType.WEBHOOK_MANUAL})


def documents(owner_id: UUID, versions: Sequence[GraphVersion]) -> list[dict[str, Any]]:
    """The versions with their sub-graphs. The number of queries depends on how deep they are, not on how many."""
    trees = reading.trees(owner_id, versions)
    plans = plans_of({one.id for one in chain(versions, *trees.values())})
    return [_with_sub_graphs(version, trees[version.id], plans) for version in versions]


def document(version: GraphVersion) -> dict[str, Any]:
    return documents(version.graph.owner_id, [version])[0]


def _with_sub_graphs(
    version: GraphVersion, below: Sequence[GraphVersion], plans: Mapping[UUID, Plan]
) -> dict[str, Any]:
    nodes = views(plans[version.id])
    inside = list(chain.from_iterable(views(plans[sub.id]) for sub in below))
    return {
        **_bare(version, plans[version.id]),
        "sub_graphs": [{**_bare(sub, plans[sub.id]), **derived(views(plans[sub.id]))} for sub in below],
        "user_id": str(version.graph.owner_id),
        "created_at": version.created_at.isoformat(),
        **derived(nodes),
        "credentials_input_schema": schemas.credentials_schema([*nodes, *inside]),
    }


def head(version: GraphVersion) -> dict[str, Any]:
    """What a version says of itself; `graph` has to be loaded with it."""
    return {
        "id": str(version.graph_id),
        "version": version.version,
        "is_active": version.version == version.graph.active_version,
        "name": version.name,
        "description": version.description,
        "instructions": version.instructions,
        "recommended_schedule_cron": version.recommended_schedule_cron,
        "forked_from_id": str(version.forked_from_id) if version.forked_from_id else None,
        "forked_from_version": version.forked_from_version,
    }


def _bare(version: GraphVersion, plan: Plan) -> dict[str, Any]:
    links = sorted(chain.from_iterable(node.outbound for node in plan.nodes.values()), key=lambda link: link.position)
    return {
        **head(version),
        "nodes": [_node(node, plan) for node in plan.nodes.values()],
        "links": [_link(link) for link in links],
    }


def _node(node: PlanNode, plan: Plan) -> dict[str, Any]:
    return {
        "id": str(node.id),
        "block_id": node.block_id,
        "input_default": node.constants,
        "metadata": node.metadata,
        "input_links": [_link(link) for link in node.inbound],
        "output_links": [_link(link) for link in node.outbound],
        "graph_id": str(plan.graph_id),
        "graph_version": plan.version,
        "webhook_id": None,
        "webhook": None,
    }


def _link(link: PlanLink) -> dict[str, Any]:
    return {
        "id": str(link.id),
        "source_id": str(link.source_id),
        "sink_id": str(link.sink_id),
        "source_name": link.source_name,
        "sink_name": link.sink_name,
        "is_static": link.is_static,
    }


def views(plan: Plan) -> list[NodeView]:
    return list(view.of_plan(plan, registry.get).nodes.values())


def derived(nodes: Iterable[NodeView]) -> dict[str, Any]:
    """What follows from the nodes of a graph alone."""
    known = [node for node in nodes if node.spec is not None]
    trigger = next((node for node in known if node.type in _TRIGGERS), None)
    return {
        "input_schema": schemas.input_schema(known),
        "output_schema": schemas.output_schema(known),
        "has_external_trigger": trigger is not None,
        "has_human_in_the_loop": any(node.type is BlockType.HUMAN_IN_THE_LOOP for node in known),
        "has_sensitive_action": any(node.spec.sensitive_action for node in known if node.spec),
        "trigger_setup_info": None if trigger is None else _trigger(trigger),
    }


def _trigger(node: NodeView) -> dict[str, Any]:
    """What has to be set up before the graph can be started from outside."""
    wanted = next(iter(schemas.wanted([node])), None)
    provider = node.spec.webhook_provider if node.spec else None
    pins = node.spec.inputs.values() if node.spec else ()
    shown = {pin.name: dict(pin.schema) for pin in pins if not pin.hidden and not _of_credentials(node, pin.name)}
    return {
        "provider": provider or (wanted.providers[0] if wanted else None),
        "config_schema": {
            "type": "object",
            "properties": shown,
            "required": [pin.name for pin in pins if pin.required and pin.name in shown],
        },
        "credentials_input_name": wanted.key if wanted else None,
    }


def _of_credentials(node: NodeView, name: str) -> bool:
    return node.spec is not None and name in node.spec.credentials
