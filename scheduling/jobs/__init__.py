"""The platform's own periodic jobs: which there are, when they are due, how they went."""

from scheduling.jobs.catalogue import JOBS, SWEEP, Job
from scheduling.jobs.running import begin_due, note, run

__all__ = ["JOBS", "SWEEP", "Job", "begin_due", "note", "run"]
