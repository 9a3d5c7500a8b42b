"""Keeps files for runs to come, gives them to runs, and forgets them when their time is over."""

import re
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from columns import new_id
from executions.errors import UploadRefused
from executions.files.stored import answers
from executions.models import Upload

HOURS: Final = range(1, 49)
NAME: Final = 150  # characters
_UNSAFE: Final = re.compile(r"[^\w.\- ]")


def keep(user: User, file: "UploadedFile[Any]", *, hours: int) -> Upload:
    """Raises UploadRefused, StorageAway. The file is stored before its row: a row without a file would be a promise."""
    if hours not in HOURS:
        raise UploadRefused(f"expiration_hours is {hours}: a file is kept for 1 to 48 hours.")
    size = file.size or 0
    if size > settings.UPLOAD_BYTES:
        raise UploadRefused(f"The file has {size} bytes; at most {settings.UPLOAD_BYTES} are allowed.")
    upload_id = new_id()
    with answers():
        stored = default_storage.save(f"uploads/{upload_id}", file)
    try:
        return Upload.objects.create(
            id=upload_id,
            user=user,
            name=safe(file.name or "file"),
            content_type=(file.content_type or "application/octet-stream")[:255],
            size=size,
            file=stored,
            expires_at=timezone.now() + timedelta(hours=hours),
        )
    except Exception:
        default_storage.delete(stored)
        raise


def safe(name: str) -> str:
    """A name that leads nowhere, its ending kept."""
    plain = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(". ")
    return plain[-NAME:] or "file"


def find(user_id: UUID, upload_id: UUID) -> Upload | None:
    """What has run out is not found any more."""
    return Upload.objects.filter(user_id=user_id, pk=upload_id, expires_at__gt=timezone.now()).first()


def purge() -> int:
    """Those whose time is over; the number of them. A file whose deletion fails is deleted by the next purge."""
    over = list(Upload.objects.filter(expires_at__lte=timezone.now()).order_by("expires_at")[:1000])
    for upload in over:
        with transaction.atomic():
            upload.delete()
            default_storage.delete(upload.file)
    return len(over)
