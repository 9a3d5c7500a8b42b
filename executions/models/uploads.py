from django.conf import settings
from django.db import models
from django.utils import timezone

from columns import new_id


class Upload(models.Model):
    """A file that its user sent to be given to runs. It is kept for some hours."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(help_text="Bytes")
    file = models.CharField(max_length=255, help_text="Name in the file storage")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name

    @property
    def reference(self) -> str:
        """What a file pin is given."""
        return f"upload://{self.pk}/{self.name}"
