"""/v1/credits: paying, the way back from paying, refunds, and what the payment provider tells."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credits import refunds, topups
from credits.api import MayGrant, user_of
from credits.models import CreditTransaction, RefundRequest

NO_PAYMENTS = OpenApiResponse(description="Payments are not set up here")
UNKNOWN = OpenApiResponse(description="There is no such payment of yours")


class PortalOut(serializers.Serializer[Any]):
    url = serializers.CharField()


class RefundIn(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class RefundOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    transaction_key = serializers.CharField(source="payment.key")
    amount = serializers.IntegerField()
    reason = serializers.CharField()
    result = serializers.CharField()
    status = serializers.ChoiceField(RefundRequest.Status.choices)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class UsersHistoryIn(serializers.Serializer[Any]):
    search = serializers.CharField(required=False, allow_blank=True, help_text="A part of a user's name or e-mail")
    page = serializers.IntegerField(min_value=1, max_value=100_000, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=100, default=20)
    transaction_filter = serializers.ChoiceField(CreditTransaction.Type.choices, required=False)


class MovementOut(serializers.Serializer[Any]):
    transaction_key = serializers.CharField(source="key")
    transaction_time = serializers.DateTimeField(source="created_at")
    transaction_type = serializers.ChoiceField(CreditTransaction.Type.choices, source="type")
    amount = serializers.IntegerField()
    running_balance = serializers.IntegerField()
    current_balance = serializers.IntegerField(source="user.credit_balance.balance")
    user_id = serializers.UUIDField()
    user_email = serializers.CharField(source="user.email")
    reason = serializers.CharField(source="metadata.reason", default="")
    admin_id = serializers.CharField(source="metadata.admin_id", default=None, allow_null=True)


class PaginationOfCreditsOut(serializers.Serializer[Any]):
    total_items = serializers.IntegerField()
    total_pages = serializers.IntegerField()
    current_page = serializers.IntegerField()
    page_size = serializers.IntegerField()


class UsersHistoryOut(serializers.Serializer[Any]):
    history = MovementOut(many=True)
    pagination = PaginationOfCreditsOut()


class Portal(APIView):
    @extend_schema(operation_id="credits_manage", responses={200: PortalOut, 404: UNKNOWN, 503: NO_PAYMENTS})
    def get(self, request: Request) -> Response:
        """The payment provider's page with your cards and invoices."""
        return Response({"url": topups.portal(user_of(request))})


class Refund(APIView):
    @extend_schema(
        operation_id="credits_refund",
        request=RefundIn,
        responses={200: OpenApiTypes.INT, 400: OpenApiResponse(description="Refused"), 404: UNKNOWN},
    )
    def post(self, request: Request, transaction_key: str) -> Response:
        """Ask for a payment back. Answers with the cents that are on their way, 0 when a person has to decide."""
        asked = RefundIn(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(refunds.ask(user_of(request), transaction_key, reason=asked.validated_data.get("reason", "")))


class Refunds(APIView):
    @extend_schema(operation_id="credits_refunds", responses=RefundOut(many=True))
    def get(self, request: Request) -> Response:
        """Your newest 100 requests for refunds."""
        mine = RefundRequest.objects.filter(user_id=user_of(request)).select_related("payment")
        return Response(RefundOut(mine.order_by("-created_at")[:100], many=True).data)


class Webhook(APIView):
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="credits_stripe_webhook",
        request=OpenApiTypes.OBJECT,
        responses={
            200: OpenApiResponse(description="Heard"),
            400: OpenApiResponse(description="The signature or the body is wrong"),
        },
    )
    def post(self, request: Request) -> Response:
        """For Stripe alone: its signed events."""
        moved = topups.heard(request.body, request.headers.get("Stripe-Signature", ""))
        return Response({"moved": moved})


class UsersHistory(APIView):
    permission_classes = [MayGrant]

    @extend_schema(operation_id="credits_admin_history", parameters=[UsersHistoryIn], responses=UsersHistoryOut)
    def get(self, request: Request) -> Response:
        """Movements of all balances, newest first; administrators only."""
        asked = UsersHistoryIn(data=request.query_params)
        asked.is_valid(raise_exception=True)
        page, size = asked.validated_data["page"], asked.validated_data["page_size"]
        rows = CreditTransaction.objects.active().select_related("user__credit_balance")
        if text := asked.validated_data.get("search"):
            named = Q(username__icontains=text) | Q(email__icontains=text)
            rows = rows.filter(user__in=get_user_model().objects.filter(named))
        if wanted := asked.validated_data.get("transaction_filter"):
            rows = rows.filter(type=wanted)
        total = rows.count()
        found = rows.order_by("-created_at", "-id")[(page - 1) * size : page * size]
        pagination = {
            "total_items": total,
            "total_pages": -(-total // size),
            "current_page": page,
            "page_size": size,
        }
        return Response(UsersHistoryOut({"history": found, "pagination": pagination}).data)
