"""What the API of credentials takes and gives. No answer has a field for a secret."""

from typing import Any

from rest_framework import serializers

from credentials.kinds import KINDS
from credentials.writing import KEEP

TYPES = list(KINDS)
FIELDS = {name for kind in KINDS.values() for name in kind.fields} - {"lifetime"}


class CredentialOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    provider = serializers.CharField()
    type = serializers.ChoiceField(TYPES)
    title = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField(), allow_null=True)
    username = serializers.CharField(allow_null=True)
    host = serializers.CharField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    max_concurrency = serializers.IntegerField(allow_null=True)
    problem = serializers.CharField(allow_null=True, help_text="Why it cannot be refreshed any more")
    is_system = serializers.BooleanField(help_text="Of the installation: everybody may use it, nobody changes it here")


class ChangeIn(serializers.Serializer[Any]):
    """The fields of its type, and what all have. Fields that are left out stay as they are."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    max_concurrency = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=32767)
    api_key = serializers.CharField(required=False, write_only=True, trim_whitespace=False)
    expires_at = serializers.JSONField(required=False, write_only=True, help_text="ISO 8601, or seconds since 1970")
    username = serializers.CharField(required=False, write_only=True, trim_whitespace=False)
    password = serializers.CharField(required=False, write_only=True, trim_whitespace=False)
    host = serializers.CharField(required=False, write_only=True)
    headers = serializers.DictField(child=serializers.CharField(trim_whitespace=False), required=False, write_only=True)
    access_token = serializers.CharField(required=False, write_only=True, trim_whitespace=False)
    refresh_token = serializers.CharField(required=False, write_only=True, trim_whitespace=False)
    access_token_expires_at = serializers.JSONField(required=False, write_only=True)
    refresh_token_expires_at = serializers.JSONField(required=False, write_only=True)
    scopes = serializers.ListField(child=serializers.CharField(), required=False, write_only=True)

    def order(self) -> dict[str, Any]:
        """The arguments of the service."""
        asked = self.validated_data
        return {
            "values": {name: asked[name] for name in FIELDS & asked.keys()},
            "title": asked.get("title", KEEP),
            "max_concurrency": asked.get("max_concurrency", KEEP),
        }


class CreateIn(ChangeIn):
    type = serializers.ChoiceField(TYPES)

    def order(self) -> dict[str, Any]:
        asked = self.validated_data
        told = {"type": asked["type"], "title": asked.get("title", ""), "max_concurrency": asked.get("max_concurrency")}
        return super().order() | told


class DeleteIn(serializers.Serializer[Any]):
    force = serializers.BooleanField(default=False, help_text="Also while nodes use it")


class CredentialDeletedOut(serializers.Serializer[Any]):
    deleted = serializers.BooleanField()
    revoked = serializers.BooleanField(
        required=False, allow_null=True, help_text="Whether the provider took the token back; null: it was not asked"
    )
    need_confirmation = serializers.BooleanField(required=False)
    message = serializers.CharField(required=False)


class LoginIn(serializers.Serializer[Any]):
    scopes = serializers.CharField(required=False, help_text="Separated by commas; default: those of the provider")


class LoginOut(serializers.Serializer[Any]):
    login_url = serializers.CharField()
    state_token = serializers.CharField()


class CallbackIn(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=4000)
    state_token = serializers.CharField(max_length=200)


class ProviderOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    oauth2 = serializers.BooleanField(help_text="Users can log in at it")
    system = serializers.BooleanField(help_text="The installation has a credential for it that everybody may use")
