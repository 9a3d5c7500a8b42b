"""Why is it not running? For every run that has not ended: what it waits for, as data and as a sentence.

The rows decide. Nothing here writes, and nothing is asked about a run that has ended."""

from executions.waiting.reasons import MOST, Kind, Reason
from executions.waiting.runs import reason_of, waiting_for

__all__ = ["MOST", "Kind", "Reason", "reason_of", "waiting_for"]
