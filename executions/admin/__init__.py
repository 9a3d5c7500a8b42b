"""Runs and node executions in the admin: what happened is read here and never edited; the one lever is Stop."""

from executions.admin.nodes import NodeExecutionAdmin
from executions.admin.runs import GraphExecutionAdmin
from executions.admin.workers import WorkerAdmin

__all__ = ["GraphExecutionAdmin", "NodeExecutionAdmin", "WorkerAdmin"]
