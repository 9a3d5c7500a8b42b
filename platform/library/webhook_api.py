"""Webhooks over HTTP: their owner's side, and the door for messages from outside (spec 8.9)."""

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from executions.rates import count_start
from library import ingress, signatures, webhooks
from library.api import user_of
from library.errors import NoObject, NotSigned, TooLarge, WebhookNotFound
from library.models import Webhook
from library.serializers import DeliveryOut, ReceivedOut, WebhookOut, WebhookPatchIn, webhook_shown

UNKNOWN = OpenApiResponse(description="There is no such webhook, or it belongs to somebody else")
NEWEST = 100


def address_of(request: Request, webhook: Webhook) -> str:
    return request.build_absolute_uri(f"/v1/integrations/{webhook.provider}/webhooks/{webhook.pk}/ingress")


class Webhooks(APIView):
    @extend_schema(operation_id="list_webhooks", responses=WebhookOut(many=True))
    def get(self, request: Request) -> Response:
        """The addresses at which runs are started from outside, newest first, with their secrets."""
        return Response([webhook_shown(one, address_of(request, one)) for one in webhooks.of(user_of(request))])


class WebhookDetail(APIView):
    @extend_schema(operation_id="change_webhook", request=WebhookPatchIn, responses={200: WebhookOut, 404: UNKNOWN})
    def patch(self, request: Request, webhook_id: UUID) -> Response:
        """Replace the secret, or choose whether messages have to be signed."""
        body = WebhookPatchIn(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        webhook = webhooks.change(
            user_of(request),
            webhook_id,
            requires_signature=wanted.get("requires_signature"),
            rotate=wanted["rotate_secret"],
        )
        return Response(webhook_shown(webhook, address_of(request, webhook)))


class Deliveries(APIView):
    @extend_schema(operation_id="list_deliveries", responses={200: DeliveryOut(many=True), 404: UNKNOWN})
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """The newest 100 messages of the last 30 days: what each started, and what was refused."""
        found = webhooks.find(user_of(request), webhook_id).deliveries.order_by("-received_at")[:NEWEST]
        return Response(DeliveryOut(found, many=True).data)


class Ingress(APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="webhook_ingress",
        request=Any,
        responses={
            200: ReceivedOut,
            401: OpenApiResponse(description="The signature is missing or wrong"),
            404: UNKNOWN,
            413: OpenApiResponse(description="Larger than PETIOLE_WEBHOOK_BYTES"),
            422: OpenApiResponse(description="No JSON object"),
            429: OpenApiResponse(description="Too many starts within a minute; see Retry-After"),
        },
    )
    def post(self, request: Request, provider: str, webhook_id: UUID) -> Response:
        """A message from outside. It starts a run for each trigger that waits for it, once however often it is sent."""
        webhook = Webhook.objects.select_related("user").filter(pk=webhook_id).first()
        if webhook is None or webhook.provider != provider:  # compared here: a database refuses some texts
            raise WebhookNotFound(webhook_id)
        body = _body(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        if webhook.requires_signature and not signatures.is_signed(webhooks.secret_of(webhook), headers, body):
            raise NotSigned
        payload = _object(body)
        count_start(webhook.user_id)
        delivery = ingress.receive(webhook, payload, delivery_id=signatures.delivery_id(headers))
        counts = {"started": len(delivery.runs), "refused": len(delivery.errors)}
        return Response({"delivery_id": delivery.delivery_id} | counts)


def _body(request: Request) -> bytes:
    """The bytes that were signed; too many are refused before they are read."""
    most = settings.WEBHOOK_BYTES
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise TooLarge(most)
    try:
        body: bytes = request._request.body
    except RequestDataTooBig:
        raise TooLarge(most) from None
    if len(body) > most:
        raise TooLarge(most)
    return body


def _object(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise NoObject from None
    if not isinstance(payload, dict):
        raise NoObject
    return payload
