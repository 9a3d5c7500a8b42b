"""Who may use the product: users and the tokens of their programs."""

from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from columns import new_id


def known_timezone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(
            "%(name)s is not a time zone; use an IANA name such as Europe/Vienna.", params={"name": name}
        )


class User(AbstractUser):
    """A person or a program that owns graphs and runs."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    timezone = models.CharField(
        max_length=64, default="UTC", validators=[known_timezone], help_text="IANA name, such as Europe/Vienna"
    )

    class Meta(AbstractUser.Meta):
        swappable = "AUTH_USER_MODEL"


class ApiToken(models.Model):
    """A key for programs. Only its hash is kept, so a copy of the database opens nothing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=150)
    hash = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the token, hexadecimal")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Exact to a minute")
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    text = ""  # in memory only, and only right after the token was issued

    class Meta:
        verbose_name = "API token"

    def __str__(self) -> str:
        return self.name
