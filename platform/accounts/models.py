from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from uuid_utils import compat


def new_id() -> Any:
    return compat.uuid7()


class User(AbstractUser):
    """A person or a program that owns graphs and runs."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    timezone = models.CharField(max_length=64, default="UTC", help_text="IANA name, such as Europe/Vienna")

    class Meta(AbstractUser.Meta):
        swappable = "AUTH_USER_MODEL"
