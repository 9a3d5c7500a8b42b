"""Removes what has run out: sessions, logins, tokens that were revoked long ago, files that belong to no run."""

from datetime import timedelta
from importlib import import_module
from typing import Final

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import ApiToken
from credentials.models import Login
from executions.files import stored, uploads
from executions.models import GraphExecution

YOUNG: Final = timedelta(days=1)  # what was written lately may belong to a run that is being stored
BATCH: Final = 500


def clean() -> str:
    now = timezone.now()
    sessions = Session.objects.filter(expire_date__lt=now).count()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    tokens = 0
    if settings.RETENTION_DAYS:
        old = ApiToken.objects.filter(revoked_at__lt=now - timedelta(days=settings.RETENTION_DAYS))
        tokens, _ = old.delete()
    logins, _ = Login.objects.filter(expires_at__lt=now).delete()
    sent = uploads.purge()
    stored.purge()
    removed = f"Removed {sessions} sessions, {logins} logins, {tokens} tokens, {sent} uploads"
    return f"{removed}, files of {_remove_orphans()} runs that are gone."


def _remove_orphans() -> int:
    """What is kept for runs that are not in the database any more, or never came into it."""
    removed, ids = 0, stored.runs_with_files(timezone.now() - YOUNG)
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        known = set(GraphExecution.objects.filter(pk__in=some).values_list("pk", flat=True))
        for run_id in set(some) - known:
            stored.remove_all(run_id)
            removed += 1
    return removed
