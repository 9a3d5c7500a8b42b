"""Schedules, their ledger, backfills and the platform's own jobs in the admin."""

from scheduling.admin.jobs import SystemJobAdmin
from scheduling.admin.ledger import BackfillAdmin, FireAdmin
from scheduling.admin.schedules import ScheduleAdmin

__all__ = ["BackfillAdmin", "FireAdmin", "ScheduleAdmin", "SystemJobAdmin"]
