"""What Django tells of by signals: logins, and what is added, changed and deleted on pages of the admin."""

from typing import Any, Final

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save

from audit import services

_VERBS: Final = {ADDITION: "added", CHANGE: "changed", DELETION: "deleted"}


def watch() -> None:
    user_logged_in.connect(logged_in, dispatch_uid="audit.logged_in")
    user_logged_out.connect(logged_out, dispatch_uid="audit.logged_out")
    user_login_failed.connect(login_failed, dispatch_uid="audit.login_failed")
    post_save.connect(on_a_page, sender=LogEntry, dispatch_uid="audit.on_a_page")


def logged_in(*, user: Any, **_: Any) -> None:
    services.record("login.succeeded", actor=user, subject=user.get_username(), subject_id=user.pk)


def logged_out(*, user: Any, **_: Any) -> None:
    if user is not None:
        services.record("login.ended", actor=user, subject=user.get_username(), subject_id=user.pk)


def login_failed(*, credentials: dict[str, Any], **_: Any) -> None:
    """The name that was tried; what else was sent is nobody's business."""
    tried = credentials.get(get_user_model().USERNAME_FIELD) or ""
    services.record("login.failed", subject=tried)


def on_a_page(*, instance: LogEntry, created: bool, **_: Any) -> None:
    if created:
        kind = instance.content_type.model if instance.content_type else "?"
        services.record(
            f"admin.{_VERBS.get(instance.action_flag, 'did')}",
            actor=instance.user,
            subject=f"{kind} {instance.object_repr}",
            subject_id=instance.object_id or "",
            detail={"message": instance.get_change_message()},
        )
