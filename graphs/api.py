"""Graphs and blocks over HTTP (spec 8.3, 8.5). A graph of somebody else does not exist."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import JsonResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from blocks import registry
from blocks.sdk.spec import BlockSpec
from graphs import documents, exporting, needs, reading, services, summaries
from graphs.body import DEEPEST, parse
from graphs.errors import BodyInvalid, GraphNotFound
from graphs.serializers import (
    ActiveVersionIn,
    BlocksIn,
    BlocksOut,
    CreateGraphIn,
    DeletedOut,
    ExportIn,
    GraphIn,
    GraphMetaOut,
    GraphOut,
    NeedOut,
    SettingsIn,
    SettingsOut,
)

NEWEST = 50
INVALID = OpenApiResponse(description="The graph breaks a rule; nothing was stored")
UNKNOWN = OpenApiResponse(description="There is no such graph or version, or it belongs to somebody else")


def owner_of(request: Request) -> User:
    return cast(User, request.user)


def body_of(request: Request) -> Mapping[str, Any]:
    try:
        data = request.data
    except RecursionError:
        problem = {"loc": ["body"], "msg": f"The value is nested more than {DEEPEST} levels deep"}
        raise BodyInvalid([problem]) from None
    if not isinstance(data, Mapping):
        raise BodyInvalid([{"loc": ["body"], "msg": "Send a JSON object"}])
    return data


class Graphs(APIView):
    @extend_schema(operation_id="list_graphs", responses=GraphMetaOut(many=True))
    def get(self, request: Request) -> Response:
        """The active versions of the newest 250 graphs, without nodes and links."""
        return Response(summaries.summaries(owner_of(request).pk))

    @extend_schema(operation_id="create_graph", request=CreateGraphIn, responses={201: GraphOut, 400: INVALID})
    def post(self, request: Request) -> Response:
        """Store a new graph and its sub-graphs. All ids are replaced."""
        body = body_of(request)
        if "graph" not in body:
            raise BodyInvalid([{"loc": ["body", "graph"], "msg": 'Field required: send {"graph": {…}}'}])
        version = services.create(owner_of(request), parse(body["graph"], at=("body", "graph")))
        return Response(documents.document(version), status=status.HTTP_201_CREATED)


class GraphDetail(APIView):
    @extend_schema(operation_id="get_graph", parameters=[ExportIn], responses={200: GraphOut, 404: UNKNOWN})
    def get(self, request: Request, graph_id: UUID) -> Response:
        """The highest version of a graph, with its sub-graphs."""
        return _answer(request, graph_id, None)

    @extend_schema(operation_id="update_graph", request=GraphIn, responses={200: GraphOut, 400: INVALID, 404: UNKNOWN})
    def put(self, request: Request, graph_id: UUID) -> Response:
        """Store a new version, the active one unless `is_active` is false. Sub-graphs that exist are referred to."""
        body = body_of(request)
        inner = body["graph"] if "graph" in body and "nodes" not in body else body
        version = services.update(owner_of(request), graph_id, parse(inner, at=("body",)))
        return Response(documents.document(version))

    @extend_schema(operation_id="delete_graph", responses=DeletedOut)
    def delete(self, request: Request, graph_id: UUID) -> Response:
        """Delete a graph with all versions. Its runs stay readable."""
        return Response({"version_counts": services.delete(owner_of(request), graph_id)})


class GraphVersions(APIView):
    @extend_schema(operation_id="list_graph_versions", responses={200: GraphOut(many=True), 404: UNKNOWN})
    def get(self, request: Request, graph_id: UUID) -> Response:
        """The newest 50 versions of a graph, newest first; of very large graphs fewer."""
        owner_id = owner_of(request).pk
        versions = reading.newest(owner_id, graph_id, NEWEST, settings.MAX_NODES * 2)
        if not versions:
            raise GraphNotFound(f"There is no graph {graph_id}.")
        return Response(documents.documents(owner_id, versions))


class GraphVersionDetail(APIView):
    @extend_schema(operation_id="get_graph_version", parameters=[ExportIn], responses={200: GraphOut, 404: UNKNOWN})
    def get(self, request: Request, graph_id: UUID, version: int) -> Response:
        """One version of a graph, with its sub-graphs."""
        return _answer(request, graph_id, version)


class ActiveVersion(APIView):
    @extend_schema(
        operation_id="set_active_graph_version",
        request=ActiveVersionIn,
        responses={200: OpenApiResponse(description="Done"), 404: UNKNOWN},
    )
    def put(self, request: Request, graph_id: UUID) -> JsonResponse:
        """Choose the version that schedules and new runs use."""
        body = ActiveVersionIn(data=body_of(request))
        body.is_valid(raise_exception=True)
        services.activate(owner_of(request), graph_id, body.validated_data["active_graph_version"])
        return JsonResponse(None, safe=False)  # a Response of None has an empty body


class Settings(APIView):
    @extend_schema(operation_id="get_graph_settings", responses={200: SettingsOut, 404: UNKNOWN})
    def get(self, request: Request, graph_id: UUID) -> Response:
        """When a person is asked during the runs of a graph."""
        return Response(services.safe_modes(services.find(owner_of(request), graph_id)))

    @extend_schema(operation_id="set_graph_settings", request=SettingsIn, responses={200: SettingsOut, 404: UNKNOWN})
    def patch(self, request: Request, graph_id: UUID) -> Response:
        """Change when a person is asked; what is left out stays. Runs that have begun keep what held then."""
        body = SettingsIn(data=body_of(request))
        body.is_valid(raise_exception=True)
        graph = services.set_safe_modes(owner_of(request), graph_id, body.validated_data)
        return Response(SettingsOut(graph).data)


class Needs(APIView):
    @extend_schema(operation_id="get_graph_needs", responses={200: NeedOut(many=True), 404: UNKNOWN})
    def get(self, request: Request, graph_id: UUID, version: int) -> Response:
        """The nodes, those of sub-graphs too, that need an account or a block that is not installed here."""
        return Response(needs.needs(services.find(owner_of(request), graph_id, version)))


class Blocks(APIView):
    @extend_schema(operation_id="list_blocks", parameters=[BlocksIn], responses=BlocksOut)
    def get(self, request: Request) -> Response:
        """The blocks that can be used here, by name; with `placeholders` also those that are only known."""
        query = BlocksIn(data=request.query_params)
        query.is_valid(raise_exception=True)
        if not query.validated_data["placeholders"]:
            return Response([block(spec) for spec in registry.all_specs() if not spec.disabled])
        why = ((spec, {"disabled": spec.disabled} if spec.disabled else {}) for spec in registry.catalogue())
        return Response([block(spec) | reason for spec, reason in why])


def block(spec: BlockSpec) -> dict[str, Any]:
    return {
        "id": spec.id,
        "name": spec.name,
        "inputSchema": spec.input_schema,
        "outputSchema": spec.output_schema,
        "description": spec.description,
        "categories": [{"category": one.value, "description": one.description} for one in spec.categories],
        "contributors": [],
        "staticOutput": spec.static_output,
        "uiType": spec.block_type.label,
        "costs": [
            {"cost_amount": cost.amount, "cost_filter": dict(cost.filter), "cost_type": cost.type.value}
            for cost in spec.costs
        ],
    }


def _answer(request: Request, graph_id: UUID, version: int | None) -> Response:
    query = ExportIn(data=request.query_params)
    query.is_valid(raise_exception=True)
    found = services.find(owner_of(request), graph_id, version)
    return Response(exporting.export(found) if query.validated_data["for_export"] else documents.document(found))
