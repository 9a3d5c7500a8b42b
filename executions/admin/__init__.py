"""Runs, node executions, workers and prices in the admin: what happened is read here and never edited."""

from executions.admin.nodes import NodeExecutionAdmin
from executions.admin.prices import PriceAdmin
from executions.admin.reviews import ReviewAdmin
from executions.admin.runs import GraphExecutionAdmin
from executions.admin.workers import WorkerAdmin

__all__ = ["GraphExecutionAdmin", "NodeExecutionAdmin", "PriceAdmin", "ReviewAdmin", "WorkerAdmin"]
