"""GET /v1/auth/user: who a token belongs to."""

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User


class UserOut(serializers.ModelSerializer[User]):
    is_admin = serializers.BooleanField(source="is_staff")

    class Meta:
        model = User
        fields = ["id", "username", "email", "timezone", "is_admin"]
        read_only_fields = fields


class CurrentUser(APIView):
    @extend_schema(operation_id="auth_user", responses=UserOut)
    def get(self, request: Request) -> Response:
        """The user of this request."""
        return Response(UserOut(cast(User, request.user)).data)
