"""Bearer tokens: who sends a request."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import services
from accounts.models import ApiToken, User

SCHEME = "Bearer"


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer ptl_…`. Every wrong token gets the same answer, whatever is wrong with it."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != SCHEME.lower().encode():
            return None
        if len(words) != 2:
            raise AuthenticationFailed("Write the header as: Authorization: Bearer TOKEN")
        # the lookup by hash does the same work for every text, and no comparison sees the secret
        wanted = services.hash_of(words[1].decode("latin-1"))
        token = ApiToken.objects.select_related("user").filter(hash=wanted, revoked_at=None).first()
        if token is None or not token.user.is_active:
            raise AuthenticationFailed("This token is not valid.")
        services.token_used(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="petiole"'


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the package has no types
    target_class = BearerToken
    name = "bearerToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
