"""What waits for a person, and what the person decides (spec 8.7). Reviews of somebody else do not exist."""

from typing import cast
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from executions import services
from executions.errors import RunNotFound
from executions.models import GraphExecution, Review
from executions.querysets import ReviewQuerySet
from executions.reviews.serializers import ActionIn, ActionOut, PageIn, ReviewOut, ReviewPageOut, shown


def waiting_of(request: Request) -> ReviewQuerySet:
    mine = Review.objects.of(cast(User, request.user).pk).waiting()
    return mine.select_related("node_execution", "run__graph_version")


class Pending(APIView):
    @extend_schema(operation_id="list_pending_reviews", parameters=[PageIn], responses=ReviewPageOut)
    def get(self, request: Request) -> Response:
        """Everything that waits for the user's decision, newest first."""
        query = PageIn(data=request.query_params)
        query.is_valid(raise_exception=True)
        page, size = query.validated_data["page"], query.validated_data["page_size"]
        waiting = waiting_of(request)
        total = waiting.count()
        found = waiting.order_by("-created_at", "-id")[(page - 1) * size : page * size]
        pagination = {
            "total_items": total,
            "total_pages": -(-total // size),
            "current_page": page,
            "page_size": size,
        }
        return Response({"reviews": [shown(review) for review in found], "pagination": pagination})


class OfRun(APIView):
    @extend_schema(operation_id="list_run_reviews", responses=ReviewOut(many=True))
    def get(self, request: Request, run_id: UUID) -> Response:
        """What waits in one run, oldest first."""
        if not GraphExecution.objects.of(cast(User, request.user).pk).filter(pk=run_id).exists():
            raise RunNotFound(run_id)
        found = waiting_of(request).of_run(run_id).order_by("created_at", "id")
        return Response([shown(review) for review in found])


class Action(APIView):
    @extend_schema(
        operation_id="decide_reviews",
        request=ActionIn,
        responses={
            200: ActionOut,
            400: OpenApiResponse(description="It may not be edited, or was decided differently before"),
            404: OpenApiResponse(description="Nobody was asked about such a node execution"),
            409: OpenApiResponse(description="The run has ended or is being stopped, or there are several runs"),
        },
    )
    def post(self, request: Request) -> Response:
        """Approve or reject what waits in one run. All decisions are recorded, or none; the nodes go on at once."""
        body = ActionIn(data=request.data)
        body.is_valid(raise_exception=True)
        answers = body.answers()
        services.decide_reviews(user=cast(User, request.user), answers=answers)
        approved = sum(answer.approved for answer in answers)
        counts = {"approved_count": approved, "rejected_count": len(answers) - approved, "failed_count": 0}
        return Response(counts | {"error": None})
