"""/v1/notifications: what happened, how it is told, and the webhook by which programs hear of it."""

from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from notifications import policy, services
from notifications.models import Notice, Webhook
from notifications.policy import Wish
from notifications.timing import Timing

NEWEST = 100


def user_of(request: Request) -> UUID:
    return cast(UUID, request.user.pk)


class NoticeOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    type = serializers.CharField(source="kind")
    data = serializers.DictField()  # type: ignore[assignment]  # the name is that of the answer's field
    created_at = serializers.DateTimeField()


class PreferenceOut(serializers.Serializer[Any]):
    timing = serializers.ChoiceField(Timing.choices)
    mail = serializers.BooleanField(help_text="By e-mail, if the user has an address and the installation sends mail")
    webhook = serializers.BooleanField(help_text="To the webhook, if there is one")


class PreferenceIn(serializers.Serializer[Any]):
    timing = serializers.ChoiceField(Timing.choices, required=False)
    mail = serializers.BooleanField(required=False)
    webhook = serializers.BooleanField(required=False)


class PreferencesOut(serializers.Serializer[Any]):
    preferences = serializers.DictField(child=PreferenceOut(), help_text="Type → how it is told")


class PreferencesIn(serializers.Serializer[Any]):
    preferences = serializers.DictField(child=PreferenceIn(), help_text="Types that are left out stay as they are")

    def validate_preferences(self, said: dict[str, Any]) -> dict[str, Any]:
        if unknown := sorted(set(said) - set(Notice.Kind.values)):
            raise serializers.ValidationError(
                f"{unknown[0]!r} is no type of notification: use one of {', '.join(Notice.Kind.values)}."
            )
        return said


class WebhookIn(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=2000)


class NoticeWebhookOut(serializers.Serializer[Any]):
    url = serializers.CharField(allow_null=True)


class WebhookMade(serializers.Serializer[Any]):
    url = serializers.CharField()
    secret = serializers.CharField(help_text="Signs what is sent; shown once")


class Notices(APIView):
    @extend_schema(operation_id="notifications", responses=NoticeOut(many=True))
    def get(self, request: Request) -> Response:
        """The newest 100 events that the user should hear of, newest first, however they are told."""
        rows = Notice.objects.filter(user_id=user_of(request)).order_by("-created_at")[:NEWEST]
        return Response(NoticeOut(rows, many=True).data)


class Preferences(APIView):
    @extend_schema(operation_id="notification_preferences", responses=PreferencesOut)
    def get(self, request: Request) -> Response:
        """How each type is told."""
        return Response(_shown(policy.wishes(user_of(request))))

    @extend_schema(operation_id="set_notification_preferences", request=PreferencesIn, responses=PreferencesOut)
    def patch(self, request: Request) -> Response:
        """Say how some types are told."""
        asked = PreferencesIn(data=request.data)
        asked.is_valid(raise_exception=True)
        before = policy.wishes(user_of(request))
        wishes = {
            kind: Wish(
                Timing(said.get("timing", before[kind].timing)),
                mail=said.get("mail", before[kind].mail),
                webhook=said.get("webhook", before[kind].webhook),
            )
            for kind, said in asked.validated_data["preferences"].items()
        }
        return Response(_shown(services.prefer(user_id=user_of(request), wishes=wishes)))


def _shown(wishes: dict[str, Wish]) -> dict[str, Any]:
    rows = {kind: {"timing": one.timing, "mail": one.mail, "webhook": one.webhook} for kind, one in wishes.items()}
    return PreferencesOut({"preferences": rows}).data


class WebhookView(APIView):
    @extend_schema(operation_id="notification_webhook", responses=NoticeWebhookOut)
    def get(self, request: Request) -> Response:
        """The address to which events are sent; null when there is none."""
        webhook = Webhook.objects.filter(user_id=user_of(request)).first()
        return Response({"url": None if webhook is None else webhook.url})

    @extend_schema(operation_id="set_notification_webhook", request=WebhookIn, responses=WebhookMade)
    def put(self, request: Request) -> Response:
        """Name the address; the answer holds the secret, which is not shown again."""
        asked = WebhookIn(data=request.data)
        asked.is_valid(raise_exception=True)
        webhook = services.set_webhook(user_id=user_of(request), url=asked.validated_data["url"])
        return Response({"url": webhook.url, "secret": webhook.secret})

    @extend_schema(operation_id="remove_notification_webhook", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Send nothing to it any more."""
        services.remove_webhook(user_id=user_of(request))
        return Response(status=204)
