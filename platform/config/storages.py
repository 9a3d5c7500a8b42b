"""Where files are kept: an entry of Django's STORAGES, as JSON."""

import json
from typing import Any, Final

FOLDER: Final[dict[str, Any]] = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
EXAMPLE: Final = '{"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": "petiole"}}'


def entry(text: str) -> dict[str, Any]:
    """Whether there is such a backend, and whether it takes these options, is for the system checks to say."""
    try:
        found = json.loads(text)
    except ValueError as wrong:
        raise ValueError(f"use JSON: {wrong}") from None
    if (
        not isinstance(found, dict)
        or not isinstance(found.get("BACKEND"), str)
        or found.keys() - {"BACKEND", "OPTIONS"}
    ):
        raise ValueError(f"use an object such as {EXAMPLE}")
    if not isinstance(found.get("OPTIONS", {}), dict):
        raise ValueError("OPTIONS must be an object")
    return found
