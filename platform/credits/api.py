"""/v1/credits: the balance, its history, and grants by administrators."""

from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credits import history, refill, services, topups
from credits.errors import LimitRefused
from credits.models import CreditTransaction

MOST_PER_PAGE = 1000


def user_of(request: Request) -> UUID:
    return cast(UUID, request.user.pk)


class MayGrant(BasePermission):
    message = "Only administrators may grant credits."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.has_perm("credits.grant_credits")


class BalanceOut(serializers.Serializer[Any]):
    credits = serializers.IntegerField()


class TopUpIn(serializers.Serializer[Any]):
    credit_amount = serializers.IntegerField(help_text="A multiple of 100 from 500; 1 credit is 1 cent")


class TopUpOut(serializers.Serializer[Any]):
    checkout_url = serializers.CharField()


class ReturnedIn(serializers.Serializer[Any]):
    session_id = serializers.CharField(required=False, max_length=255, help_text="Of the address that was returned to")


class ReturnedOut(serializers.Serializer[Any]):
    arrived = serializers.IntegerField(help_text="Payments that were booked by this request")


class HistoryIn(serializers.Serializer[Any]):
    transaction_time = serializers.DateTimeField(required=False, help_text="Only what is older")
    transaction_type = serializers.ChoiceField(CreditTransaction.Type.choices, required=False)
    transaction_count_limit = serializers.IntegerField(default=100, help_text=f"From 1 to {MOST_PER_PAGE}")


class EntryOut(serializers.Serializer[Any]):
    transaction_key = serializers.CharField()
    transaction_time = serializers.DateTimeField()
    transaction_type = serializers.ChoiceField(CreditTransaction.Type.choices)
    amount = serializers.IntegerField()
    running_balance = serializers.IntegerField()
    description = serializers.CharField()
    usage_execution_id = serializers.UUIDField(allow_null=True)
    usage_graph_id = serializers.UUIDField(allow_null=True)
    usage_node_count = serializers.IntegerField()
    usage_start_time = serializers.DateTimeField(allow_null=True)


class HistoryOut(serializers.Serializer[Any]):
    transactions = EntryOut(many=True)
    next_transaction_time = serializers.DateTimeField(allow_null=True)


class GrantIn(serializers.Serializer[Any]):
    user_id = serializers.UUIDField()
    amount = serializers.IntegerField(help_text="Credits; a negative amount takes them")
    comments = serializers.CharField(allow_blank=True, default="", max_length=1000)


class GrantOut(serializers.Serializer[Any]):
    new_balance = serializers.IntegerField()
    transaction_key = serializers.CharField()


class Credits(APIView):
    @extend_schema(operation_id="credits", responses=BalanceOut)
    def get(self, request: Request) -> Response:
        """The balance; 1 credit is 1 cent."""
        return Response({"credits": refill.balance(user_of(request))})

    @extend_schema(
        operation_id="credits_top_up",
        request=TopUpIn,
        responses={
            200: TopUpOut,
            400: OpenApiResponse(description="An amount that cannot be paid"),
            503: OpenApiResponse(description="Payments are not set up here"),
        },
    )
    def post(self, request: Request) -> Response:
        """Begin to pay: the address of the page on which it is done."""
        asked = TopUpIn(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response({"checkout_url": topups.begin(user_of(request), asked.validated_data["credit_amount"])})

    @extend_schema(operation_id="credits_fulfil", request=ReturnedIn, responses={200: ReturnedOut})
    def patch(self, request: Request) -> Response:
        """Back from paying: what has arrived is booked, if the provider has not told of it before."""
        asked = ReturnedIn(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response({"arrived": topups.returned(user_of(request), asked.validated_data.get("session_id"))})


class Transactions(APIView):
    @extend_schema(operation_id="credits_transactions", parameters=[HistoryIn], responses=HistoryOut)
    def get(self, request: Request) -> Response:
        """Movements of the balance, newest first; the charges of one run are one entry."""
        asked = HistoryIn(data=request.query_params)
        asked.is_valid(raise_exception=True)
        limit = asked.validated_data["transaction_count_limit"]
        if not 1 <= limit <= MOST_PER_PAGE:
            raise LimitRefused(f"transaction_count_limit must be from 1 to {MOST_PER_PAGE}.")
        page = history.page(
            user_of(request),
            limit=limit,
            before=asked.validated_data.get("transaction_time"),
            type=asked.validated_data.get("transaction_type"),
        )
        return Response(HistoryOut(page).data)


class AddCredits(APIView):
    permission_classes = [MayGrant]

    @extend_schema(operation_id="credits_admin_add", request=GrantIn, responses=GrantOut)
    def post(self, request: Request) -> Response:
        """Give credits to a user, or take some; administrators only."""
        asked = GrantIn(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        booking = services.grant(
            wanted["user_id"], wanted["amount"], reason=wanted["comments"], admin_id=user_of(request)
        )
        return Response({"new_balance": booking.balance, "transaction_key": booking.key})
