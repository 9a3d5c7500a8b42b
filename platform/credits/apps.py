from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_save


class CreditsConfig(AppConfig):
    name = "credits"

    def ready(self) -> None:
        post_save.connect(open_balance, sender=settings.AUTH_USER_MODEL, dispatch_uid="credits.open_balance")


def open_balance(*, instance: Any, created: bool, raw: bool, **_: Any) -> None:
    """A user's balance exists before the first movement, so that there is always a row to compare and set."""
    from credits import ledger

    if created and not raw:
        ledger.open_balance(instance.pk)
