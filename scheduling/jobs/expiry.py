"""Removes what has run out: sessions, logins, tokens that were revoked long ago, files that belong to no run."""

import shutil
import time
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import ApiToken
from credentials.models import Login
from executions.files import uploads
from executions.models import GraphExecution

YOUNG_SECONDS: Final = 86_400.0  # what was written lately may belong to a run that is being stored
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
    removed = f"Removed {sessions} sessions, {logins} logins, {tokens} tokens, {sent} uploads"
    return f"{removed}, files of {_remove_orphans()} runs that are gone."


def _remove_orphans() -> int:
    """Folders of runs that are not in the database any more, or never came into it."""
    folder = Path(settings.MEDIA_ROOT) / "runs"
    old = time.time() - YOUNG_SECONDS
    found = {run_id: one for one in _folders(folder) if (run_id := _id(one.name)) and one.stat().st_mtime < old}
    removed, ids = 0, list(found)
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        known = set(GraphExecution.objects.filter(pk__in=some).values_list("pk", flat=True))
        for run_id in set(some) - known:
            shutil.rmtree(found[run_id], ignore_errors=True)
            removed += 1
    return removed


def _folders(folder: Path) -> list[Path]:
    return [one for one in folder.iterdir() if one.is_dir()] if folder.is_dir() else []


def _id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
