"""POST /v1/graphs/{id}/estimate: what a run would cost, before it."""

from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from executions.estimate import estimate
from executions.serializers import ExecuteIn
from graphs import services as graphs


class EstimateIn(ExecuteIn):
    max_cost = None  # type: ignore[assignment]  # so a serializer drops a field of the one that it extends
    version = serializers.IntegerField(required=False, min_value=1, help_text="Without it the active version")


class FiguresOut(serializers.Serializer[Any]):
    min = serializers.IntegerField()
    expected = serializers.IntegerField()
    max = serializers.IntegerField(allow_null=True, help_text="null: nobody can say")


class NodeEstimateOut(serializers.Serializer[Any]):
    node_id = serializers.UUIDField()
    block = serializers.CharField()
    name = serializers.CharField()
    cost = FiguresOut(help_text="Credits")
    executions = FiguresOut(help_text="How often it runs")
    reason = serializers.CharField(help_text="Where the figures come from, for people")
    per_pass = serializers.BooleanField(help_text="It is on or behind a loop, and no run tells how often it runs")


class EstimateOut(FiguresOut):
    per_pass = serializers.BooleanField(help_text="Some of it is for one pass of a loop")
    runs = serializers.IntegerField(help_text="Earlier runs that it was learned from")
    nodes = NodeEstimateOut(many=True, help_text="Those that can cost something")


class Estimates(APIView):
    @extend_schema(
        operation_id="estimate_execution",
        request=EstimateIn,
        responses={
            200: EstimateOut,
            400: OpenApiResponse(description="The graph cannot be run: `detail.node_errors` says why"),
            404: OpenApiResponse(description="There is no such graph or version, or it belongs to somebody else"),
        },
    )
    def post(self, request: Request, graph_id: UUID) -> Response:
        """What a run would cost, in credits. Starts nothing."""
        user = cast(User, request.user)
        body = EstimateIn(data=request.data)
        body.is_valid(raise_exception=True)
        order = body.order()
        order.pop("max_cost")
        version = graphs.find(user, graph_id, body.validated_data.get("version", "active"))
        return Response(EstimateOut(estimate(user, version, **order).as_json()).data)
