"""System checks: settings that are right one by one and wrong together, and block plug-ins that could not be loaded."""

from typing import Any

from django.conf import settings
from django.core import checks


def settings_fit_together(**_: Any) -> list[checks.CheckMessage]:
    """Registered for every start; reads no database and no broker."""
    wrong: list[checks.CheckMessage] = []
    if not settings.REFERENCE_BYTES <= settings.FILE_BYTES <= settings.MAX_OUTPUT_BYTES:
        wrong.append(
            checks.Error(
                "PETIOLE_REFERENCE_BYTES <= PETIOLE_FILE_BYTES <= PETIOLE_MAX_OUTPUT_BYTES must hold.",
                id="config.E001",
            )
        )
    if settings.CELERY_TASK_TIME_LIMIT >= settings.VISIBILITY_SECONDS:
        wrong.append(
            checks.Error(
                f"PETIOLE_TASK_TIME_LIMIT must be below {settings.VISIBILITY_SECONDS} seconds.",
                hint="The broker hands a message that is not acknowledged by then to a second worker.",
                id="config.E002",
            )
        )
    if settings.STOP_GRACE > settings.STOP_WAIT:
        wrong.append(
            checks.Error(
                "PETIOLE_STOP_GRACE must not be longer than PETIOLE_STOP_WAIT.",
                hint="A stop would always be answered before the blocks that do not listen are ended.",
                id="config.E003",
            )
        )
    if settings.BLOCK_MAIL and not settings.SENDS_MAIL:
        wrong.append(
            checks.Error(
                "PETIOLE_BLOCK_MAIL needs PETIOLE_MAIL_URL.",
                hint="Blocks send through the server that sends the notifications.",
                id="config.E006",
            )
        )
    return [*wrong, *_payments()]


def _payments() -> list[checks.CheckMessage]:
    needed = {
        "": [],
        "manual": ["PAYMENT_PAGE"],
        "stripe": ["PAYMENT_PAGE", "STRIPE_KEY", "STRIPE_WEBHOOK_SECRET"],
    }.get(settings.PAYMENTS)
    if needed is None:
        return [checks.Error("PETIOLE_PAYMENTS must be manual, stripe or empty.", id="config.E004")]
    missing = [f"PETIOLE_{name}" for name in needed if not getattr(settings, name)]
    if not missing:
        return []
    text = f"PETIOLE_PAYMENTS={settings.PAYMENTS} needs {', '.join(missing)}."
    return [checks.Error(text, id="config.E005")]


def plug_ins_are_loaded(**_: Any) -> list[checks.CheckMessage]:
    from blocks import registry

    return [
        checks.Warning(f"Block plug-in {broken.source} is not available: {broken.reason}", id="config.W001")
        for broken in registry.broken()
    ]


def files_can_be_kept(**_: Any) -> list[checks.CheckMessage]:
    """The storage is made, and asked for nothing."""
    from django.core.files.storage import storages

    try:
        storages["default"]
    except Exception as wrong:  # whatever a backend has to say about its options
        problem = f"PETIOLE_FILE_STORAGE cannot be used: {wrong}"
        hint = "BACKEND names an installed class of Django's storages, OPTIONS are what it takes."
        return [checks.Error(problem, hint=hint, id="config.E011")]
    return []


def moderation_is_possible(**_: Any) -> list[checks.CheckMessage]:
    """A file of rules with a mistake would reject every run, or none."""
    if settings.MODERATION_RULES is None:
        return []
    from executions.moderation.rules import BadRule, Rules

    try:
        Rules.read(str(settings.MODERATION_RULES))
    except (BadRule, UnicodeDecodeError) as wrong:
        problem = str(wrong)
    except OSError as wrong:
        problem = f"cannot be read: {wrong.strerror}"
    else:
        return []
    return [checks.Error(f"PETIOLE_MODERATION_RULES={settings.MODERATION_RULES}: {problem}.", id="config.E010")]
