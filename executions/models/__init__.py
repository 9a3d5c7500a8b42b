from executions.models.files import RunFile
from executions.models.memory import Remembered
from executions.models.nodes import NodeExecution, RunNode
from executions.models.reviews import Review, StandingApproval
from executions.models.runs import GraphExecution, RunBudget
from executions.models.uploads import Upload
from executions.models.values import NodeInput, NodeOutput
from executions.models.workers import Worker

__all__ = [
    "GraphExecution",
    "NodeExecution",
    "NodeInput",
    "NodeOutput",
    "Remembered",
    "Review",
    "RunBudget",
    "RunFile",
    "RunNode",
    "StandingApproval",
    "Upload",
    "Worker",
]
