"""Which jobs the platform has. Each becomes an entry of django-celery-beat, where its times can be changed."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings

SWEEP: Final = "sweep"
MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class Job:
    """`does`: module:function, imported when it runs; it returns a sentence about what it did.

    `cron` (UTC) or `every` (seconds) is what the entry begins with."""

    name: str
    description: str
    does: str
    every: int = 0
    cron: str = ""
    task: str = "scheduling.tasks.run_job"

    @property
    def entry_name(self) -> str:
        return f"petiole: {self.name}"


JOBS: Final = {
    job.name: job
    for job in (
        Job(
            SWEEP,
            "Repairs what messages have missed: wakes, publishes, admits, stops and concludes.",
            "executions.sweeping:sweep",
            every=settings.SWEEP_SECONDS,
            task="executions.tasks.sweep",
        ),
        Job(
            "notifications",
            "Decides how recorded events are told, and sends the messages that are due.",
            "notifications.delivering:deliver",
            every=10,
        ),
        Job(
            "retention",
            "Deletes runs, notices and ledger rows of schedules that are older than PETIOLE_RETENTION_DAYS.",
            "scheduling.jobs.retention:purge",
            every=HOUR,
        ),
        Job(
            "expired",
            "Deletes sessions that have ended, tokens revoked long ago and files that belong to no run.",
            "scheduling.jobs.expiry:clean",
            every=6 * HOUR,
        ),
        Job(
            "credential refresh",
            "Refreshes access tokens that run out within a quarter of an hour.",
            "scheduling.jobs.accounts:refresh",
            every=5 * MINUTE,
        ),
        Job(
            "late runs",
            "Tells administrators of runs that are queued or running for too long.",
            "scheduling.jobs.reports:late_runs",
            every=5 * MINUTE,
        ),
        Job(
            "error rates",
            "Tells administrators of blocks that have failed in half of their executions of the last day.",
            "scheduling.jobs.reports:error_rates",
            every=DAY,
        ),
        Job(
            "ledger audit",
            "Compares balances with transactions and charges with refunds; tells administrators of differences.",
            "scheduling.jobs.reports:ledger_audit",
            cron="30 3 * * *",
        ),
        Job(
            "store runs",
            "Counts the runs of the agents that the store offers.",
            "library.store:count_runs",
            every=HOUR,
        ),
        Job(
            "queue depth",
            "Notes how many messages wait in each queue and for how long the oldest node execution has waited.",
            "scheduling.jobs.reports:queue_depth",
            every=MINUTE,
        ),
    )
}
