"""What is kept of credentials, who uses one now, and logins at providers that have begun."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from columns import new_id


class CredentialQuerySet(models.QuerySet["Credential"]):
    def of(self, user_id: UUID) -> "CredentialQuerySet":
        return self.filter(user_id=user_id)


class Credential(models.Model):
    """A credential of a user. Its secrets are in `sealed` alone, encrypted; the other columns may be seen.

    Who refreshes it holds `refreshing_by` until `refreshing_until`, and only then may write what came of it."""

    class Type(models.TextChoices):
        API_KEY = "api_key", "API key"
        OAUTH2 = "oauth2", "OAuth2"
        USER_PASSWORD = "user_password", "User name and password"
        HOST_SCOPED = "host_scoped", "Headers for a host"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="credentials"
    )
    provider = models.CharField(max_length=100)
    type = models.CharField(max_length=13, choices=Type)
    title = models.CharField(max_length=200, blank=True)
    username = models.CharField(max_length=320, blank=True)
    host = models.CharField(max_length=255, blank=True)
    scopes = models.JSONField(default=list, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Of the key, or of the access token")
    sealed = models.TextField(editable=False)
    max_concurrency = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How many nodes may use it at once; empty: as many as there are"
    )
    refreshing_by = models.UUIDField(null=True, editable=False)
    refreshing_until = models.DateTimeField(null=True, editable=False)
    refused = models.CharField(max_length=500, blank=True, editable=False, help_text="Why it cannot be refreshed")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="credential_type_known",
                condition=Q(type__in=["api_key", "oauth2", "user_password", "host_scoped"]),
            ),
            models.CheckConstraint(
                name="credential_concurrency_from_one",
                condition=Q(max_concurrency=None) | Q(max_concurrency__gte=1),
                violation_error_message="At least one node must be able to use it.",
            ),
            models.CheckConstraint(
                name="credential_refresh_has_an_end",
                condition=Q(refreshing_by=None, refreshing_until=None)
                | Q(refreshing_by__isnull=False, refreshing_until__isnull=False),
            ),
        ]
        indexes = [
            # the credentials of a user, all or of one provider
            models.Index(fields=["user", "provider"], name="credential_of_user"),
            # what a node that is taken back was refreshing
            models.Index(
                fields=["refreshing_by"], condition=Q(refreshing_by__isnull=False), name="credential_refreshing"
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.provider} {self.get_type_display()}"


class Lease(models.Model):
    """A node that uses a credential now. Shared, but where `max_concurrency` is said each takes one of so many slots.

    `owner` is the claim of the node: who has lost it releases nothing that is another's."""

    id = models.BigAutoField(primary_key=True)
    credential = models.CharField(max_length=150, help_text="Id of a credential, a system credential's too")
    owner = models.UUIDField()
    node_execution_id = models.UUIDField()
    slot = models.PositiveSmallIntegerField(null=True)
    taken_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "credential"], name="lease_once"),
            models.UniqueConstraint(
                fields=["credential", "slot"], condition=Q(slot__isnull=False), name="lease_one_in_a_slot"
            ),
        ]
        indexes = [
            # who uses a credential
            models.Index(fields=["credential"], name="lease_of_credential"),
        ]

    def __str__(self) -> str:
        return f"{self.credential} in {self.node_execution_id}"


class Login(models.Model):
    """A login at a provider that was begun and not finished. It ends once, and only for the user who began it."""

    state_hash = models.CharField(primary_key=True, max_length=64, help_text="SHA-256 of the state, hexadecimal")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    provider = models.CharField(max_length=100)
    scopes = models.JSONField(default=list)
    sealed = models.TextField(help_text="What proves that it is us who come back (PKCE)")
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"Login of {self.user_id} at {self.provider}"
