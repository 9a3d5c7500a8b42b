"""Shapes of requests and answers about runs (spec 8.2)."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from executions.states import Status
from executions.waiting import Kind

FURTHEST = 2**31 - 1  # the page that no database refuses to look for


class ExecuteIn(serializers.Serializer[Any]):
    """Both spellings of the body are accepted; the first one wins where both are given."""

    inputs = serializers.DictField(required=False)
    credentials_inputs = serializers.DictField(required=False)
    nodes_input_masks = serializers.DictField(child=serializers.DictField(), required=False, allow_null=True)
    input_data = serializers.DictField(required=False, help_text="Older spelling of `inputs`")
    input_credentials = serializers.DictField(required=False, help_text="Older spelling of `credentials_inputs`")

    max_cost = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=10**15,
        help_text="Credits that the run and those below it may cost: it ends FAILED before a node that would cost more",
    )

    def validate_nodes_input_masks(self, masks: dict[str, Any] | None) -> dict[str, Any] | None:
        for key in masks or {}:
            try:
                UUID(key)
            except ValueError:
                raise serializers.ValidationError(
                    f"{key!r} is no node id: give masks as node id → pin → value"
                ) from None
        return masks

    def order(self) -> dict[str, Any]:
        """The arguments of `services.start`."""
        given = self.validated_data
        return {
            "inputs": given.get("inputs", given.get("input_data", {})),
            "credentials_inputs": given.get("credentials_inputs", given.get("input_credentials", {})),
            "masks": given.get("nodes_input_masks") or {},
            "max_cost": given.get("max_cost"),
        }


class PresetIdIn(serializers.Serializer[Any]):
    preset_id = serializers.UUIDField(required=False, help_text="Its inputs count where the body gives none")


class StatsOut(serializers.Serializer[Any]):
    cost = serializers.IntegerField(help_text="Credits, children included")
    duration = serializers.FloatField(help_text="Seconds from start to end")
    duration_cpu_only = serializers.FloatField()
    node_exec_time = serializers.FloatField(help_text="Seconds in blocks, added up")
    node_exec_time_cpu_only = serializers.FloatField()
    node_exec_count = serializers.IntegerField(help_text="Executions that ran, children included")
    node_error_count = serializers.IntegerField()
    error = serializers.CharField(allow_null=True)
    activity_status = serializers.CharField(allow_null=True)
    correctness_score = serializers.FloatField(allow_null=True)


class RunOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    graph_id = serializers.UUIDField()
    graph_version = serializers.IntegerField()
    inputs = serializers.DictField()
    credential_inputs = serializers.DictField()
    nodes_input_masks = serializers.DictField()
    preset_id = serializers.UUIDField(allow_null=True)
    parent_execution_id = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(choices=Status.choices)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    stop_requested_at = serializers.DateTimeField(allow_null=True)
    paused_at = serializers.DateTimeField(allow_null=True, help_text="Nothing new starts until the run is resumed")
    max_cost = serializers.IntegerField(allow_null=True, help_text="Credits that it may cost, with the runs below it")
    retries = serializers.IntegerField(help_text="How often the topmost run was retried")
    is_shared = serializers.BooleanField()
    share_token = serializers.CharField(allow_null=True)
    stats = StatsOut(allow_null=True)
    warnings = serializers.ListField(child=serializers.CharField(), help_text="Inputs that are missing or unknown")


class NodeResultOut(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    graph_id = serializers.UUIDField()
    graph_version = serializers.IntegerField()
    graph_exec_id = serializers.UUIDField()
    node_exec_id = serializers.UUIDField()
    node_id = serializers.UUIDField()
    block_id = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    input_data = serializers.DictField()
    output_data = serializers.DictField(child=serializers.ListField())
    add_time = serializers.DateTimeField()
    queue_time = serializers.DateTimeField(allow_null=True)
    start_time = serializers.DateTimeField(allow_null=True)
    end_time = serializers.DateTimeField(allow_null=True)
    waits_for = serializers.CharField(allow_null=True, help_text="timer, run, backoff, lease or calls: it is suspended")
    wakes_at = serializers.DateTimeField(allow_null=True)
    caller = serializers.UUIDField(allow_null=True, help_text="The node execution whose block has called this one")
    stats = serializers.DictField(help_text="error, walltime, cputime, cost, input_size, output_size, …")


class UnmetOut(serializers.Serializer[Any]):
    node_id = serializers.UUIDField()
    node_exec_id = serializers.UUIDField()
    missing = serializers.ListField(child=serializers.CharField())


class ReasonOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Kind.choices, help_text="For programs; new kinds may come")
    detail = serializers.CharField(help_text="A sentence for people")
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True, help_text="When a timer or the next attempt is due")
    count = serializers.IntegerField(help_text="Node executions that wait for the same; 0: it concerns the whole run")
    node_exec_id = serializers.UUIDField(allow_null=True, help_text="The one that has waited longest")
    node_id = serializers.UUIDField(allow_null=True)
    block = serializers.CharField(allow_null=True)
    queue = serializers.CharField(allow_null=True)
    worker = serializers.CharField(allow_null=True)
    run_id = serializers.UUIDField(allow_null=True, help_text="The run below that it waits for")


class RunDetailOut(RunOut):
    outputs = serializers.DictField(child=serializers.ListField(), help_text="Output name → values")
    node_executions = NodeResultOut(many=True, help_text="A page of 1,000; the next one by `?after=`")
    node_executions_total = serializers.IntegerField()
    unmet_inputs = UnmetOut(many=True, help_text="Executions that still waited for values when the run ended")
    waiting_for = ReasonOut(many=True, help_text="Why it has not ended, the most urgent first; empty when it has")


class PaginationOut(serializers.Serializer[Any]):
    total_items = serializers.IntegerField()
    total_pages = serializers.IntegerField()
    current_page = serializers.IntegerField()
    page_size = serializers.IntegerField()


class RunPageOut(serializers.Serializer[Any]):
    executions = RunOut(many=True)
    pagination = PaginationOut()


class PageIn(serializers.Serializer[Any]):
    page = serializers.IntegerField(min_value=1, max_value=FURTHEST, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=100, default=25)


class AfterIn(serializers.Serializer[Any]):
    after = serializers.UUIDField(required=False, help_text="node_exec_id of the last one of the page before")
