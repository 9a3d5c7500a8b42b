"""Presets over HTTP (spec 8.8). A preset of somebody else does not exist."""

from typing import cast
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from executions.detail import summary
from executions.rates import count_start
from executions.serializers import RunOut
from library import presets
from library.serializers import (
    ExecutePresetIn,
    PresetIn,
    PresetOut,
    PresetPageOut,
    PresetPatchIn,
    PresetsIn,
    TriggerIn,
    preset_shown,
)

UNKNOWN = OpenApiResponse(description="There is no such preset, graph or run, or it belongs to somebody else")
GONE = OpenApiResponse(description="The graph of the preset was deleted")


def user_of(request: Request) -> User:
    return cast(User, request.user)


class Presets(APIView):
    @extend_schema(operation_id="list_presets", parameters=[PresetsIn], responses=PresetPageOut)
    def get(self, request: Request) -> Response:
        """The presets of a graph, the one that was changed last first."""
        query = PresetsIn(data=request.query_params)
        query.is_valid(raise_exception=True)
        page, size = query.validated_data["page"], query.validated_data["page_size"]
        mine = presets.of(user_of(request)).filter(graph_version__graph_id=query.validated_data["graph_id"])
        total = mine.count()
        found = mine.order_by("-updated_at", "-id")[(page - 1) * size : page * size]
        pagination = {"total_items": total, "total_pages": -(-total // size), "current_page": page, "page_size": size}
        return Response({"presets": [preset_shown(preset) for preset in found], "pagination": pagination})

    @extend_schema(operation_id="create_preset", request=PresetIn, responses={200: PresetOut, 404: UNKNOWN})
    def post(self, request: Request) -> Response:
        """Keep inputs of a graph version, or those that a run was started with."""
        body = PresetIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        run_id = given.pop("graph_execution_id", None)
        if run_id is None:
            return Response(preset_shown(presets.create(user_of(request), **given)))
        kept = {name: given[name] for name in ("name", "description", "is_active")}
        return Response(preset_shown(presets.create_of_run(user_of(request), run_id=run_id, **kept)))


class PresetDetail(APIView):
    @extend_schema(operation_id="get_preset", responses={200: PresetOut, 404: UNKNOWN})
    def get(self, request: Request, preset_id: UUID) -> Response:
        """One preset."""
        return Response(preset_shown(presets.find(user_of(request), preset_id)))

    @extend_schema(
        operation_id="change_preset", request=PresetPatchIn, responses={200: PresetOut, 404: UNKNOWN, 410: GONE}
    )
    def patch(self, request: Request, preset_id: UUID) -> Response:
        """Change what is given; inputs and credentials go together."""
        body = PresetPatchIn(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(preset_shown(presets.change(user_of(request), preset_id, body.validated_data)))

    @extend_schema(operation_id="delete_preset", responses={204: None, 404: UNKNOWN})
    def delete(self, request: Request, preset_id: UUID) -> Response:
        """Delete a preset. Its runs stay."""
        presets.delete(user_of(request), preset_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SetUpTrigger(APIView):
    @extend_schema(
        operation_id="set_up_trigger",
        request=TriggerIn,
        responses={200: PresetOut, 400: OpenApiResponse(description="The graph has no trigger node"), 404: UNKNOWN},
    )
    def post(self, request: Request) -> Response:
        """A preset that a webhook of its own starts, and the webhook."""
        body = TriggerIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        given["inputs"], given["credentials"] = given.pop("trigger_config"), given.pop("agent_credentials")
        return Response(preset_shown(presets.set_up_trigger(user_of(request), **given)))


class ExecutePreset(APIView):
    @extend_schema(
        operation_id="execute_preset",
        request=ExecutePresetIn,
        responses={
            200: RunOut,
            400: OpenApiResponse(description="The graph cannot be run: `detail.node_errors` says why"),
            402: OpenApiResponse(description="No credits are left"),
            404: UNKNOWN,
            410: GONE,
            429: OpenApiResponse(description="Too many starts within a minute; see Retry-After"),
        },
    )
    def post(self, request: Request, preset_id: UUID) -> Response:
        """Start a run with a preset; what is given takes the place of the preset's, key by key."""
        body = ExecutePresetIn(data=request.data)
        body.is_valid(raise_exception=True)
        preset = presets.find(user_of(request), preset_id)
        count_start(preset.user_id)
        given = body.validated_data
        run = presets.execute(preset, inputs=given.get("inputs"), credentials=given.get("credential_inputs"))
        return Response(RunOut(summary(run)).data)
