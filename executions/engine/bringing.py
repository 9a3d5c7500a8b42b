"""Takes uploaded files into the folder of a run, where its blocks find them by name."""

import re
from typing import Final
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils import timezone

from blocks.sdk import files
from executions.database import repeated
from executions.engine.work import Work
from executions.models import Upload

_UPLOAD: Final = re.compile(r"upload://(?P<id>[0-9a-f-]{36})(/.*)?", re.DOTALL)


def bring(work: Work) -> None:
    """Every file pin that names an upload of the run's user names a file of the run instead. Raises ValueError."""
    for pin, given in [] if work.is_child_run else list(work.data.items()):
        known = work.spec.inputs.get(pin)
        if isinstance(given, str) and given.startswith("upload://") and known and known.schema.get("format") == "file":
            name = _brought(work, given)
            work.data = work.data | {pin: name}
            work.bound = work.spec.bind(work.data)


def _brought(work: Work, reference: str) -> str:
    found = _UPLOAD.fullmatch(reference)
    upload = _find(work.facts.user_id, found["id"]) if found else None
    if upload is None:
        raise ValueError(f"there is no uploaded file {reference[:100]!r}, or its time is over")
    if upload.size > files.MOST_BYTES:
        raise ValueError(f"the file is larger than {files.MOST_BYTES // 2**20} MB")
    with default_storage.open(upload.file) as file:
        return files.keep(work.files.folder, f"{upload.pk.hex}-{upload.name}", file.read()).name


@repeated
def _find(user_id: UUID, upload_id: str) -> Upload | None:
    try:
        wanted = UUID(upload_id)
    except ValueError:
        return None
    return Upload.objects.filter(user_id=user_id, pk=wanted, expires_at__gt=timezone.now()).first()
