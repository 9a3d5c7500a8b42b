"""Schedules over HTTP (spec 8.6). Those of somebody else are not listed, and refused with 403 by their id."""

from typing import Any, TypeVar, cast
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts.models import User
from executions.rates import count_start
from graphs import services as graphs
from scheduling import answers, backfills, services
from scheduling.models import Backfill, Schedule
from scheduling.serializers import (
    BackfillIn,
    BackfillOut,
    FireOut,
    FirePageOut,
    FiresIn,
    PreviewOut,
    ScheduleDeletedOut,
    ScheduleIn,
    ScheduleOut,
    SchedulesIn,
    TimesIn,
)

S = TypeVar("S", bound=Serializer[Any])
INVALID = OpenApiResponse(description="A field or the graph cannot be as it is; `detail` names it. Nothing was stored")
UNKNOWN = OpenApiResponse(description="There is no such graph or schedule")
UNPAID = OpenApiResponse(description="No credits are left")
FOREIGN = OpenApiResponse(description="The schedule belongs to somebody else")
ONE = {200: ScheduleOut, 403: FOREIGN, 404: UNKNOWN}


def user_of(request: Request) -> User:
    return cast(User, request.user)


def checked(serializer: S) -> S:
    serializer.is_valid(raise_exception=True)
    return serializer


def schedule_of(request: Request, schedule_id: UUID) -> Schedule:
    return services.find(user_of(request), schedule_id)


class GraphSchedules(APIView):
    @extend_schema(
        operation_id="list_graph_schedules",
        parameters=[SchedulesIn],
        responses={200: ScheduleOut(many=True), 404: UNKNOWN},
    )
    def get(self, request: Request, graph_id: UUID) -> Response:
        """Your schedules of a graph, oldest first; a page that is not full is the last one."""
        graphs.find(user_of(request), graph_id)
        return _listed(request, graph_id=graph_id)

    @extend_schema(
        operation_id="create_schedule", request=ScheduleIn, responses={201: ScheduleOut, 400: INVALID, 404: UNKNOWN}
    )
    def post(self, request: Request, graph_id: UUID) -> Response:
        """Start a graph at certain times. The graph is checked with these inputs as for a run."""
        body = checked(ScheduleIn(data=request.data))
        fields = body.fields_given()
        schedule = services.create(user=user_of(request), graph_id=graph_id, **fields)
        return Response(ScheduleOut(answers.as_answer(schedule, body.notes)).data, status=status.HTTP_201_CREATED)


class Schedules(APIView):
    @extend_schema(operation_id="list_schedules", parameters=[SchedulesIn], responses=ScheduleOut(many=True))
    def get(self, request: Request) -> Response:
        """Your schedules of all graphs, oldest first; a page that is not full is the last one."""
        return _listed(request)


def _listed(request: Request, **which: Any) -> Response:
    wanted = checked(SchedulesIn(data=request.query_params)).validated_data
    page, size = wanted["page"], wanted["page_size"]
    found = Schedule.objects.of(user_of(request).pk).filter(**which)
    many = found.select_related("graph").order_by("created_at", "id")[(page - 1) * size : page * size]
    return Response(ScheduleOut(answers.as_answers(many), many=True).data)


class Preview(APIView):
    @extend_schema(operation_id="preview_schedule", request=TimesIn, responses={200: PreviewOut, 400: INVALID})
    def post(self, request: Request) -> Response:
        """The next five times, in the zone and in UTC, and what changes of the clocks do. Nothing is stored."""
        body = checked(TimesIn(data=request.data))
        fields = {"timezone": user_of(request).timezone} | body.fields_given()
        return Response(PreviewOut(answers.previewed(services.timing_of(**fields), body.notes)).data)


class ScheduleDetail(APIView):
    @extend_schema(operation_id="get_schedule", responses=ONE)
    def get(self, request: Request, schedule_id: UUID) -> Response:
        """One schedule with its next five times."""
        return Response(ScheduleOut(answers.as_answer(schedule_of(request, schedule_id))).data)

    @extend_schema(operation_id="edit_schedule", request=ScheduleIn(partial=True), responses=ONE | {400: INVALID})
    def patch(self, request: Request, schedule_id: UUID) -> Response:
        """Change what is given. `is_enabled` pauses and resumes; what was due while it rested is not made up for."""
        schedule = schedule_of(request, schedule_id)
        body = checked(ScheduleIn(data=request.data, partial=True))
        schedule = services.edit(schedule, body.fields_given())
        return Response(ScheduleOut(answers.as_answer(schedule, body.notes)).data)

    @extend_schema(operation_id="delete_schedule", responses={200: ScheduleDeletedOut, 403: FOREIGN, 404: UNKNOWN})
    def delete(self, request: Request, schedule_id: UUID) -> Response:
        """Delete a schedule with its history. Its runs stay."""
        services.delete(schedule_of(request, schedule_id))
        return Response({"id": str(schedule_id)})


class Fires(APIView):
    @extend_schema(
        operation_id="list_fires", parameters=[FiresIn], responses={200: FirePageOut, 403: FOREIGN, 404: UNKNOWN}
    )
    def get(self, request: Request, schedule_id: UUID) -> Response:
        """The ledger of a schedule, latest first: every time, and what became of it."""
        schedule = schedule_of(request, schedule_id)
        query = checked(FiresIn(data=request.query_params)).validated_data
        fires = schedule.fires.order_by("-logical_time")
        if "before" in query:
            fires = fires.filter(logical_time__lt=query["before"])
        if "state" in query:
            fires = fires.filter(state=query["state"])
        size = query["page_size"]
        page = list(fires[: size + 1])
        following = page[size - 1].logical_time if len(page) > size else None
        return Response(FirePageOut({"fires": page[:size], "next_before": following}).data)


class RunNow(APIView):
    @extend_schema(
        operation_id="run_schedule_now",
        request=None,
        responses={
            200: FireOut,
            400: INVALID,
            403: FOREIGN,
            404: UNKNOWN,
            402: UNPAID,
        },
    )
    def post(self, request: Request, schedule_id: UUID) -> Response:
        """Fire a schedule beside its times. The overlap policy holds; what keeps the run from starting is answered."""
        schedule = schedule_of(request, schedule_id)
        count_start(schedule.user_id)
        return Response(FireOut(services.run_now(schedule)).data)


class Backfills(APIView):
    @extend_schema(
        operation_id="backfill_schedule",
        request=BackfillIn,
        responses={
            200: BackfillOut,
            400: INVALID,
            403: FOREIGN,
            404: UNKNOWN,
            409: OpenApiResponse(description="Another backfill of the schedule is under way"),
        },
    )
    def post(self, request: Request, schedule_id: UUID) -> Response:
        """Run the times from `from` to `to` that have no run, oldest first. `dry_run` says which, and their cost."""
        schedule = schedule_of(request, schedule_id)
        wanted = dict(checked(BackfillIn(data=request.data)).validated_data)
        if wanted.pop("dry_run"):
            found = backfills.holes(schedule, wanted["first"], wanted["last"])
            cost = backfills.cost(schedule, len(found.times))
            return Response(BackfillOut(answers.would_fill(found, cost, **wanted)).data)
        return Response(BackfillOut(answers.progress(backfills.begin(schedule, **wanted))).data)


class BackfillDetail(APIView):
    @extend_schema(operation_id="get_backfill", responses={200: BackfillOut, 403: FOREIGN, 404: UNKNOWN})
    def get(self, request: Request, schedule_id: UUID, backfill_id: UUID) -> Response:
        """How far a backfill has come."""
        return Response(BackfillOut(answers.progress(_backfill(request, schedule_id, backfill_id))).data)

    @extend_schema(operation_id="cancel_backfill", responses={200: BackfillOut, 403: FOREIGN, 404: UNKNOWN})
    def delete(self, request: Request, schedule_id: UUID, backfill_id: UUID) -> Response:
        """Begin nothing more of a backfill; runs that were begun go on."""
        made = backfills.cancel(_backfill(request, schedule_id, backfill_id))
        return Response(BackfillOut(answers.progress(made)).data)


def _backfill(request: Request, schedule_id: UUID, backfill_id: UUID) -> Backfill:
    return backfills.find(schedule_of(request, schedule_id), backfill_id)
