"""Who did what, when, and from where."""

from django.db import models
from django.utils import timezone

from columns import JSONText, new_id


class Entry(models.Model):
    """Something that somebody did. Added, never changed and never removed: triggers of the database refuse both.

    It outlives what it tells of, so it holds names and ids and no foreign key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(default=timezone.now)
    action = models.CharField(max_length=64, help_text="noun.verb, such as token.revoked")
    actor = models.CharField(max_length=150, help_text="User name; of a command, the account it was started from")
    actor_id = models.UUIDField(null=True, help_text="None: a command or a process of the installation")
    origin = models.CharField(max_length=255, help_text="Address of a request; of a command, its host and name")
    subject = models.CharField(max_length=255, blank=True, help_text="What it was done to, in words")
    subject_id = models.CharField(max_length=64, blank=True)
    detail = JSONText(default=dict)

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit log"
        indexes = [
            # the log, newest first
            models.Index(fields=["-at"], name="audit_newest"),
            # what somebody did
            models.Index(fields=["actor_id", "-at"], name="audit_of_actor"),
            # what happened to something
            models.Index(fields=["subject_id", "-at"], name="audit_of_subject"),
            # which actions there are, and each one's entries
            models.Index(fields=["action", "-at"], name="audit_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action}"
