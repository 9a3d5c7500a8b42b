"""Runs over HTTP (spec 8.5). A run of somebody else does not exist."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from executions import services
from executions.detail import detail, summary
from executions.errors import RunNotFound
from executions.models import GraphExecution
from executions.rates import count_start
from executions.serializers import AfterIn, ExecuteIn, PageIn, PresetIdIn, RunDetailOut, RunOut, RunPageOut
from graphs import services as graphs

NEWEST = 250


def run_of(request: Request, graph_id: UUID, run_id: UUID) -> GraphExecution:
    mine = GraphExecution.objects.of(cast(User, request.user).pk).select_related("graph_version")
    run = mine.filter(pk=run_id, graph_version__graph_id=graph_id).first()
    if run is None:
        raise RunNotFound(run_id)
    return run


class Execute(APIView):
    @extend_schema(
        operation_id="execute_graph",
        parameters=[PresetIdIn],
        request=ExecuteIn,
        responses={
            200: RunOut,
            400: OpenApiResponse(description="The graph cannot be run: `detail.node_errors` says why"),
            402: OpenApiResponse(description="No credits are left"),
            429: OpenApiResponse(description="Too many starts within a minute; see Retry-After"),
        },
    )
    def post(self, request: Request, graph_id: UUID, version: int) -> Response:
        """Start a run of one version of a graph. It comes back QUEUED."""
        user = cast(User, request.user)
        query, body = PresetIdIn(data=request.query_params), ExecuteIn(data=request.data)
        query.is_valid(raise_exception=True)
        body.is_valid(raise_exception=True)
        order = body.order()
        if (preset_id := query.validated_data.get("preset_id")) is not None:
            order = import_string(settings.PRESET_FILLS)(user, graph_id, preset_id, order)
        count_start(user.pk)
        run = services.start(user=user, version=graphs.find(user, graph_id, version), **order)
        return Response(RunOut(summary(run)).data)


class Stop(APIView):
    @extend_schema(operation_id="stop_execution", request=None, responses=RunOut)
    def post(self, request: Request, graph_id: UUID, run_id: UUID) -> Response:
        """Stop a run and its sub-runs; answers with the run as it is after at most PETIOLE_STOP_WAIT seconds."""
        run = services.stop_run(run_of(request, graph_id, run_id))
        return Response(RunOut(summary(run)).data)


REFUSED = OpenApiResponse(description="The state of the run does not allow it, or it was started by another run")


class Retry(APIView):
    @extend_schema(
        operation_id="retry_execution",
        request=None,
        responses={
            200: RunOut,
            400: OpenApiResponse(description="The graph cannot be run any more: `detail.node_errors` says why"),
            402: OpenApiResponse(description="No credits are left"),
            409: REFUSED,
            429: OpenApiResponse(description="Too many starts within a minute; see Retry-After"),
        },
    )
    def post(self, request: Request, graph_id: UUID, run_id: UUID) -> Response:
        """Make what failed or was stopped in an ended run runnable again; what completed is kept."""
        run = run_of(request, graph_id, run_id)
        count_start(run.user_id)
        return Response(RunOut(summary(services.retry_run(run))).data)


class Pause(APIView):
    @extend_schema(operation_id="pause_execution", request=None, responses={200: RunOut, 409: REFUSED})
    def post(self, request: Request, graph_id: UUID, run_id: UUID) -> Response:
        """Start nothing new for a run and its sub-runs; blocks that run end as ever. May be repeated."""
        return Response(RunOut(summary(services.pause_run(run_of(request, graph_id, run_id)))).data)


class Resume(APIView):
    @extend_schema(operation_id="resume_execution", request=None, responses={200: RunOut, 409: REFUSED})
    def post(self, request: Request, graph_id: UUID, run_id: UUID) -> Response:
        """Let a paused run go on where it was. May be repeated."""
        return Response(RunOut(summary(services.resume_run(run_of(request, graph_id, run_id)))).data)


class RunDetail(APIView):
    @extend_schema(operation_id="get_execution", parameters=[AfterIn], responses=RunDetailOut)
    def get(self, request: Request, graph_id: UUID, run_id: UUID) -> Response:
        """A run with its outputs and node executions."""
        query = AfterIn(data=request.query_params)
        query.is_valid(raise_exception=True)
        return Response(detail(run_of(request, graph_id, run_id), after=query.validated_data.get("after")))


class GraphRuns(APIView):
    @extend_schema(operation_id="list_graph_executions", parameters=[PageIn], responses=RunPageOut)
    def get(self, request: Request, graph_id: UUID) -> Response:
        """Runs of a graph, newest first."""
        user = cast(User, request.user)
        query = PageIn(data=request.query_params)
        query.is_valid(raise_exception=True)
        page, size = query.validated_data["page"], query.validated_data["page_size"]
        graphs.find(user, graph_id)
        runs = GraphExecution.objects.of(user.pk).filter(graph_version__graph_id=graph_id)
        total = runs.count()
        found = runs.select_related("graph_version").order_by("-created_at")[(page - 1) * size : page * size]
        pagination = {
            "total_items": total,
            "total_pages": -(-total // size),
            "current_page": page,
            "page_size": size,
        }
        return Response({"executions": _summaries(found), "pagination": pagination})


class Runs(APIView):
    @extend_schema(operation_id="list_executions", responses=RunOut(many=True))
    def get(self, request: Request) -> Response:
        """The user's newest 250 runs."""
        runs = GraphExecution.objects.of(cast(User, request.user).pk).select_related("graph_version")
        return Response(_summaries(runs.order_by("-created_at")[:NEWEST]))


def _summaries(runs: Any) -> Any:
    return RunOut([summary(run) for run in runs], many=True).data
