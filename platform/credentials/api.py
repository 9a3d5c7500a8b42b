"""/v1/integrations: credentials without their secrets, and logins at providers (spec 8.9)."""

from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credentials import integrations, services
from credentials.serializers import (
    CallbackIn,
    ChangeIn,
    CreateIn,
    CredentialDeletedOut,
    CredentialOut,
    DeleteIn,
    LoginIn,
    LoginOut,
    ProviderOut,
)

UNKNOWN = OpenApiResponse(description="There is no such credential, or it belongs to somebody else")


def user_of(request: Request) -> UUID:
    return cast(UUID, request.user.pk)


def _valid(serializer: Any) -> Any:
    serializer.is_valid(raise_exception=True)
    return serializer


class Credentials(APIView):
    @extend_schema(operation_id="list_credentials", responses=CredentialOut(many=True))
    def get(self, request: Request) -> Response:
        """Your credentials and those of the installation, without their secrets."""
        return Response(CredentialOut(services.of_user(user_of(request)), many=True).data)


class CredentialsOfProvider(APIView):
    @extend_schema(operation_id="list_credentials_of_provider", responses=CredentialOut(many=True))
    def get(self, request: Request, provider: str) -> Response:
        """Those for one provider."""
        return Response(CredentialOut(services.of_user(user_of(request), provider), many=True).data)

    @extend_schema(operation_id="create_credential", request=CreateIn, responses={201: CredentialOut})
    def post(self, request: Request, provider: str) -> Response:
        """Store a credential: `type` and the fields of that type. Its secrets are never shown again."""
        order = _valid(CreateIn(data=request.data)).order()
        made = services.create(user_of(request), provider=provider, **order)
        return Response(CredentialOut(made).data, status=HTTPStatus.CREATED)


class CredentialDetail(APIView):
    @extend_schema(operation_id="get_credential", responses={200: CredentialOut, 404: UNKNOWN})
    def get(self, request: Request, provider: str, credential_id: str) -> Response:
        """What may be known of a credential."""
        return Response(CredentialOut(services.find(user_of(request), credential_id, provider)).data)

    @extend_schema(operation_id="change_credential", request=ChangeIn, responses={200: CredentialOut, 404: UNKNOWN})
    def patch(self, request: Request, provider: str, credential_id: str) -> Response:
        """Replace secrets or other fields. Nodes that run now keep what they were given."""
        services.find(user_of(request), credential_id, provider)
        order = _valid(ChangeIn(data=request.data)).order()
        return Response(CredentialOut(services.change(user_of(request), credential_id, **order)).data)

    @extend_schema(
        operation_id="delete_credential", parameters=[DeleteIn], responses={200: CredentialDeletedOut, 404: UNKNOWN}
    )
    def delete(self, request: Request, provider: str, credential_id: str) -> Response:
        """Delete a credential, and take the token back at its provider. While nodes use it only with `force`."""
        services.find(user_of(request), credential_id, provider)
        force = _valid(DeleteIn(data=request.query_params)).validated_data["force"]
        done = services.delete(user_of(request), credential_id, force=force)
        if not done.in_use:
            return Response({"deleted": True, "revoked": done.revoked})
        message = f"It is in use by {done.in_use} node{'' if done.in_use == 1 else 's'} now; delete it with force=true."
        return Response({"deleted": False, "need_confirmation": True, "message": message})


class BeginLogin(APIView):
    @extend_schema(operation_id="begin_login", parameters=[LoginIn], responses=LoginOut)
    def get(self, request: Request, provider: str) -> Response:
        """Where to log in at a provider. The page that the provider sends the user back to hands over the code."""
        asked = _valid(LoginIn(data=request.query_params)).validated_data.get("scopes", "")
        scopes = [scope.strip() for scope in asked.split(",") if scope.strip()]
        url, state = services.begin_login(user_of(request), provider, scopes)
        return Response({"login_url": url, "state_token": state})


class FinishLogin(APIView):
    @extend_schema(operation_id="finish_login", request=CallbackIn, responses=CredentialOut)
    def post(self, request: Request, provider: str) -> Response:
        """The code and the state with which the user came back, for a credential."""
        asked = _valid(CallbackIn(data=request.data)).validated_data
        made = services.finish_login(user_of(request), provider, code=asked["code"], state=asked["state_token"])
        return Response(CredentialOut(made).data)


class Providers(APIView):
    @extend_schema(operation_id="list_providers", responses=ProviderOut(many=True))
    def get(self, request: Request) -> Response:
        """The providers that this installation was set up for; credentials of any other can be stored as well."""
        known = integrations.current()
        served = {one.provider for one in known.credentials.values()}
        names = sorted(served | known.providers.keys())
        return Response([{"name": one, "oauth2": one in known.providers, "system": one in served} for one in names])
