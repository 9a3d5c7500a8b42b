from django.db import models

from columns import JSONText, new_id


class Worker(models.Model):
    """One Celery main process. It renews its row every few seconds; who falls silent is gone (design 3.3)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=255, help_text="Celery's name of the node: io@host")
    host = models.CharField(max_length=255)
    place = models.CharField(
        max_length=255, blank=True, help_text="Boot and process namespace: where a process id means one process"
    )
    pid = models.PositiveIntegerField()
    pool = models.CharField(max_length=32, help_text="prefork, threads, solo")
    size = models.PositiveIntegerField(default=1, help_text="Tasks that it runs side by side")
    queues = JSONText(default=list, help_text="Names of the queues that it takes messages from")
    holding = JSONText(default=list, help_text="Ids of the Celery tasks that it has received and not ended")
    beats = models.PositiveBigIntegerField(default=0, help_text="Grows with every renewal: no clock is compared")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="The last renewal")
    draining_at = models.DateTimeField(null=True, help_text="It was told to end and takes nothing new")
    gone_at = models.DateTimeField(null=True, help_text="It ended or fell silent: what it held is taken back")

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid} on {self.host})"
