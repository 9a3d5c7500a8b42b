"""Shapes of requests and answers about reviews (spec 8.7)."""

import json
from typing import Any, Final

from rest_framework import serializers

from executions.engine.reviewing import Answer
from executions.models import Review
from executions.serializers import PageIn as PageIn
from executions.serializers import PaginationOut
from executions.states import Verdict

MESSAGE: Final = 2000  # characters
DATA: Final = 2**20  # bytes of JSON
DEPTH: Final = 10  # levels of lists and objects
MOST: Final = 1000  # reviews of one request


class AnswerIn(serializers.Serializer[Any]):
    node_exec_id = serializers.UUIDField()
    approved = serializers.BooleanField()
    message = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=MESSAGE, trim_whitespace=False
    )
    reviewed_data = serializers.JSONField(
        required=False, allow_null=True, help_text="Takes the place of the payload; at most 1 MB, 10 levels deep"
    )
    auto_approve_future = serializers.BooleanField(
        default=False, help_text="Ask nobody about this node any more for the rest of the run"
    )

    def validate_reviewed_data(self, data: Any) -> Any:
        if _depth(data) > DEPTH:
            raise serializers.ValidationError(f"Nested more than {DEPTH} levels deep.")
        if len(json.dumps(data)) > DATA:
            raise serializers.ValidationError(f"Larger than {DATA} bytes of JSON.")
        return data


class ActionIn(serializers.Serializer[Any]):
    reviews = AnswerIn(many=True, allow_empty=False)

    def validate_reviews(self, reviews: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(reviews) > MOST:
            raise serializers.ValidationError(f"More than {MOST} reviews.")
        if len({one["node_exec_id"] for one in reviews}) < len(reviews):
            raise serializers.ValidationError("A node_exec_id is given twice.")
        return reviews

    def answers(self) -> list[Answer]:
        return [
            Answer(
                node_execution_id=one["node_exec_id"],
                approved=one["approved"],
                message=one.get("message") or None,
                edited=one.get("reviewed_data") is not None,
                data=one.get("reviewed_data"),
                for_good=one["auto_approve_future"],
            )
            for one in self.validated_data["reviews"]
        ]


def _depth(data: Any) -> int:
    """Levels of lists and objects, counted no further than one too many."""
    level, depth = [data], 0
    while depth <= DEPTH and (inner := [one for one in level if isinstance(one, dict | list)]):
        depth += 1
        level = [child for one in inner for child in (one.values() if isinstance(one, dict) else one)]
    return depth


class ActionOut(serializers.Serializer[Any]):
    approved_count = serializers.IntegerField()
    rejected_count = serializers.IntegerField()
    failed_count = serializers.IntegerField(help_text="Always 0: all decisions of a request are recorded, or none")
    error = serializers.CharField(allow_null=True)


class ReviewOut(serializers.Serializer[Any]):
    node_exec_id = serializers.UUIDField()
    node_id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    graph_exec_id = serializers.UUIDField()
    graph_id = serializers.UUIDField()
    graph_version = serializers.IntegerField()
    payload = serializers.JSONField(allow_null=True, help_text="As the person left it, once it is decided")
    instructions = serializers.CharField(allow_blank=True)
    editable = serializers.BooleanField()
    status = serializers.ChoiceField(choices=Verdict.choices)
    review_message = serializers.CharField(allow_null=True)
    was_edited = serializers.BooleanField()
    processed = serializers.BooleanField(help_text="The node has ended since")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    reviewed_at = serializers.DateTimeField(allow_null=True)


class ReviewPageOut(serializers.Serializer[Any]):
    reviews = ReviewOut(many=True)
    pagination = PaginationOut()


def shown(review: Review) -> dict[str, Any]:
    execution, version = review.node_execution, review.run.graph_version
    return {
        "node_exec_id": str(execution.pk),
        "node_id": str(execution.node_id),
        "user_id": str(review.user_id),
        "graph_exec_id": str(review.run_id),
        "graph_id": str(version.graph_id),
        "graph_version": version.version,
        "payload": review.decided_data,
        "instructions": review.instructions,
        "editable": review.editable,
        "status": review.status,
        "review_message": review.message,
        "was_edited": review.was_edited,
        "processed": execution.end_time is not None,
        "created_at": review.created_at,
        "updated_at": review.reviewed_at or review.created_at,
        "reviewed_at": review.reviewed_at,
    }
