"""The shapes of requests and answers about graphs, for the published schema. Bodies are parsed by graphs.body."""

from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

Shape = serializers.Serializer[Any]


class LinkIn(Shape):
    id = serializers.CharField(required=False, max_length=200)
    source_id = serializers.CharField(max_length=200)
    sink_id = serializers.CharField(max_length=200)
    source_name = serializers.CharField(max_length=2000)
    sink_name = serializers.CharField(max_length=2000)
    is_static = serializers.BooleanField(default=False)


class NodeIn(Shape):
    id = serializers.CharField(required=False, max_length=200)
    block_id = serializers.CharField(max_length=64)
    input_default = serializers.DictField(required=False)
    metadata = serializers.DictField(required=False)


class SubGraphIn(Shape):
    id = serializers.CharField(required=False, max_length=200)
    version = serializers.IntegerField(default=1, min_value=1)
    is_active = serializers.BooleanField(default=True)
    name = serializers.CharField(max_length=1000)
    description = serializers.CharField(required=False, allow_blank=True)
    instructions = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    recommended_schedule_cron = serializers.CharField(required=False, allow_null=True, max_length=255)
    nodes = NodeIn(many=True)
    links = LinkIn(many=True, required=False)
    forked_from_id = serializers.UUIDField(required=False, allow_null=True)
    forked_from_version = serializers.IntegerField(required=False, allow_null=True, min_value=1)


class GraphIn(SubGraphIn):
    sub_graphs = SubGraphIn(many=True, required=False, help_text="Every graph that the nodes run, at all depths")


class CreateGraphIn(Shape):
    graph = GraphIn()


class ActiveVersionIn(Shape):
    active_graph_version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class SettingsIn(Shape):
    human_in_the_loop_safe_mode = serializers.BooleanField(required=False)
    sensitive_action_safe_mode = serializers.BooleanField(required=False)


class SettingsOut(Shape):
    human_in_the_loop_safe_mode = serializers.BooleanField(
        help_text="Human-in-the-loop nodes wait for a person; otherwise they approve by themselves"
    )
    sensitive_action_safe_mode = serializers.BooleanField(help_text="A person is asked before every sensitive action")


class ExportIn(Shape):
    for_export = serializers.BooleanField(default=False, help_text="Without secrets, to be given to others")


class LinkOut(Shape):
    id = serializers.UUIDField()
    source_id = serializers.UUIDField()
    sink_id = serializers.UUIDField()
    source_name = serializers.CharField()
    sink_name = serializers.CharField()
    is_static = serializers.BooleanField()


class NodeOut(Shape):
    id = serializers.UUIDField()
    block_id = serializers.CharField()
    input_default = serializers.DictField()
    metadata = serializers.DictField()
    input_links = LinkOut(many=True)
    output_links = LinkOut(many=True)
    graph_id = serializers.UUIDField()
    graph_version = serializers.IntegerField()
    webhook_id = serializers.CharField(allow_null=True)
    webhook = serializers.DictField(allow_null=True)


class _Derived(Shape):
    input_schema = serializers.DictField()
    output_schema = serializers.DictField()
    has_external_trigger = serializers.BooleanField()
    has_human_in_the_loop = serializers.BooleanField()
    has_sensitive_action = serializers.BooleanField()
    trigger_setup_info = serializers.DictField(allow_null=True)


class _Head(_Derived):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    is_active = serializers.BooleanField()
    name = serializers.CharField()
    description = serializers.CharField()
    instructions = serializers.CharField(allow_null=True)
    recommended_schedule_cron = serializers.CharField(allow_null=True)
    forked_from_id = serializers.UUIDField(allow_null=True)
    forked_from_version = serializers.IntegerField(allow_null=True)


class SubGraphOut(_Head):
    nodes = NodeOut(many=True)
    links = LinkOut(many=True)


class GraphMetaOut(_Head):
    user_id = serializers.CharField()
    created_at = serializers.DateTimeField()
    credentials_input_schema = serializers.DictField()


class GraphOut(GraphMetaOut):
    nodes = NodeOut(many=True)
    links = LinkOut(many=True)
    sub_graphs = SubGraphOut(many=True)


class DeletedOut(Shape):
    version_counts = serializers.IntegerField()


class AccountOut(Shape):
    pin = serializers.CharField()
    providers = serializers.ListField(child=serializers.CharField())
    types = serializers.ListField(child=serializers.CharField())
    scopes = serializers.ListField(child=serializers.CharField())
    optional = serializers.BooleanField()


class NeedOut(Shape):
    graph_id = serializers.UUIDField()
    graph_version = serializers.IntegerField()
    node_id = serializers.UUIDField()
    block_id = serializers.CharField()
    block = serializers.CharField(allow_null=True)
    runs_here = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True)
    accounts = AccountOut(many=True)


class BlocksIn(Shape):
    placeholders = serializers.BooleanField(default=False, help_text="Also blocks that are only known")


class CategoryOut(Shape):
    category = serializers.CharField()
    description = serializers.CharField()


class CostOut(Shape):
    cost_amount = serializers.IntegerField()
    cost_filter = serializers.DictField()
    cost_type = serializers.CharField()


BlocksOut = inline_serializer(
    "BlockOut",
    {
        "id": serializers.CharField(),
        "name": serializers.CharField(),
        "inputSchema": serializers.DictField(),
        "outputSchema": serializers.DictField(),
        "description": serializers.CharField(),
        "categories": CategoryOut(many=True),
        "contributors": serializers.ListField(child=serializers.DictField()),
        "staticOutput": serializers.BooleanField(),
        "uiType": serializers.CharField(),
        "costs": CostOut(many=True),
        "disabled": serializers.CharField(required=False, help_text="Why the block does not run here"),
    },
    many=True,
)
