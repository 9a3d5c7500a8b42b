"""Shapes of requests and answers about schedules (spec 8.6)."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rest_framework import serializers

from executions.serializers import PageIn
from graphs.weekdays import translate
from scheduling.errors import TimesInvalid
from scheduling.states import Misfire, Origin, Overlap, State

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
RENAMED = {"graph_version": "version", "credentials": "credentials_inputs", "is_enabled": "enabled"}


class Moment(serializers.DateTimeField):
    """A time of this age, with its offset; one without is in UTC."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)

    def to_internal_value(self, value: Any) -> Any:
        moment = super().to_internal_value(value)
        if not EARLIEST <= moment <= LATEST:
            raise serializers.ValidationError("Give a time between the years 2000 and 2200.")
        return moment


class TimesIn(serializers.Serializer[Any]):
    """When a schedule is due: exactly one of cron, every_seconds and at."""

    cron = serializers.CharField(required=False, max_length=255, help_text="minute hour day-of-month month weekday")
    cron_dialect = serializers.ChoiceField(
        choices=["unix", "autogpt"],
        required=False,
        help_text="autogpt: numeric weekdays count from Monday = 0; they are translated, and the answer says so",
    )
    every_seconds = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=10**9)
    at = Moment(required=False, allow_null=True, help_text="Once, at this time")
    timezone = serializers.CharField(required=False, max_length=64, help_text="IANA name; yours when it is left out")
    starts_at = Moment(required=False, allow_null=True)
    ends_at = Moment(required=False, allow_null=True)
    jitter_seconds = serializers.IntegerField(required=False, min_value=0, max_value=86_400)

    notes: tuple[str, ...] = ()

    def fields_given(self) -> dict[str, Any]:
        """As the services name them. The other kinds of times are emptied by the one that is given."""
        given = {RENAMED.get(name, name): value for name, value in self.validated_data.items()}
        if given.pop("cron_dialect", "unix") == "autogpt" and given.get("cron"):
            translated = translate(given["cron"])
            given["cron"], self.notes = translated.text, translated.notes
        kinds = [name for name in ("cron", "every_seconds", "at") if given.get(name)]
        if len(kinds) > 1:
            raise TimesInvalid(kinds[1], f"Give either {kinds[0]} or {kinds[1]}.")
        return {"cron": "", "every_seconds": None, "at": None} | given if kinds else given


class ScheduleIn(TimesIn):
    name = serializers.CharField(max_length=150)
    graph_version = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, help_text="Left out or null: the version that is active then"
    )
    inputs = serializers.DictField(required=False)
    credentials = serializers.DictField(required=False)
    nodes_input_masks = serializers.DictField(child=serializers.DictField(), required=False, source="masks")
    is_enabled = serializers.BooleanField(required=False)
    max_cost = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2_147_483_647)
    misfire = serializers.ChoiceField(
        choices=Misfire.choices, required=False, help_text="For times at which nothing ticked"
    )
    misfire_limit = serializers.IntegerField(required=False, min_value=1, max_value=1000)
    overlap = serializers.ChoiceField(choices=Overlap.choices, required=False, help_text="While an older run goes on")

    def validate_nodes_input_masks(self, masks: dict[str, Any]) -> dict[str, Any]:
        for key in masks:
            try:
                UUID(key)
            except ValueError:
                raise serializers.ValidationError(f"{key!r} is no node id: give node id → pin → value") from None
        return masks


class ShownOut(serializers.Serializer[Any]):
    local = serializers.CharField(help_text="In the schedule's zone")
    utc = serializers.CharField()
    note = serializers.CharField(help_text="What a change of the clocks does to it; else empty")


class PreviewOut(serializers.Serializer[Any]):
    cron = serializers.CharField()
    timezone = serializers.CharField()
    next = ShownOut(many=True, help_text="The next five times")
    changes_of_clocks = ShownOut(many=True, help_text="Times of the coming year that a change of the clocks touches")
    notes = serializers.ListField(child=serializers.CharField())


class ScheduleOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    schedule_id = serializers.UUIDField()
    name = serializers.CharField()
    user_id = serializers.UUIDField()
    graph_id = serializers.UUIDField()
    graph_version = serializers.IntegerField(help_text="The chosen one, or the one that is active now")
    follows_active_version = serializers.BooleanField()
    agent_name = serializers.CharField()
    cron = serializers.CharField()
    every_seconds = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    timezone = serializers.CharField()
    input_data = serializers.DictField()
    input_credentials = serializers.DictField()
    nodes_input_masks = serializers.DictField()
    next_run_time = serializers.CharField(allow_null=True, help_text="In the schedule's zone")
    next_run_times = ShownOut(many=True, help_text="The next five")
    changes_of_clocks = ShownOut(many=True, help_text="Times of the coming year that a change of the clocks touches")
    is_enabled = serializers.BooleanField()
    pause_reason = serializers.CharField(help_text="Why it rests, when nobody chose that")
    failures_in_a_row = serializers.IntegerField()
    max_cost = serializers.IntegerField(allow_null=True)
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    jitter_seconds = serializers.IntegerField()
    misfire = serializers.ChoiceField(choices=Misfire.choices)
    misfire_limit = serializers.IntegerField()
    overlap = serializers.ChoiceField(choices=Overlap.choices)
    created_at = serializers.DateTimeField()
    notes = serializers.ListField(child=serializers.CharField(), help_text="What was understood differently")


class SchedulesIn(PageIn):
    page_size = serializers.IntegerField(min_value=1, max_value=250, default=250)


class FireOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    logical_time = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="The same, put off by the jitter")
    state = serializers.ChoiceField(choices=State.choices)
    origin = serializers.ChoiceField(choices=Origin.choices)
    run_id = serializers.UUIDField(allow_null=True)
    handled_at = serializers.DateTimeField(allow_null=True)
    late_seconds = serializers.FloatField(allow_null=True)
    reason = serializers.CharField()
    node_errors = serializers.DictField(source="errors")
    backfill_id = serializers.UUIDField(allow_null=True)


class FirePageOut(serializers.Serializer[Any]):
    fires = FireOut(many=True)
    next_before = serializers.DateTimeField(allow_null=True, help_text="Ask with this `before` for older ones")


class FiresIn(serializers.Serializer[Any]):
    before = Moment(required=False)
    page_size = serializers.IntegerField(required=False, default=50, min_value=1, max_value=500)
    state = serializers.ChoiceField(choices=State.choices, required=False)


class BackfillIn(serializers.Serializer[Any]):
    """`from` and `to` belong to it."""

    concurrency = serializers.IntegerField(required=False, default=1, min_value=1, max_value=100)
    dry_run = serializers.BooleanField(required=False, default=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is no name that Python lets a class have."""
        return {"from": Moment(source="first"), "to": Moment(source="last")} | super().get_fields()


class BackfillOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(allow_null=True, help_text="None: a dry run")
    total = serializers.IntegerField(help_text="Times without a run, when it began")
    left = serializers.IntegerField(help_text="Whose turn is to come")
    running = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Whose run could not be started")
    concurrency = serializers.IntegerField()
    first_times = serializers.ListField(child=serializers.DateTimeField(), help_text="The oldest 100 of a dry run")
    cost = serializers.DictField(allow_null=True, help_text="Of a dry run, in credits: min, expected, max")
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.DateTimeField(), "to": serializers.DateTimeField()} | super().get_fields()


class ScheduleDeletedOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
