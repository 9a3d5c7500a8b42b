"""What can be wrong with a graph or a request about one, in the words a client reads."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias

FieldErrors: TypeAlias = Mapping[str, Mapping[str, str]]  # node id → field → message


class GraphError(Exception):
    """A request about a graph was refused; nothing has been stored."""

    status = HTTPStatus.BAD_REQUEST
    code = "graph_error"
    hint = ""


class GraphInvalid(GraphError):
    """The graph breaks a rule, so that it cannot be saved, or cannot be run."""

    code = "graph_invalid"
    hint = "Correct the graph and send it again."


class GraphTooLarge(GraphInvalid):
    """The graph is beyond a limit of this installation."""

    code = "graph_too_large"
    hint = "Split the graph into sub-graphs, or ask the administrator to raise the limit."


class GraphValidationError(GraphInvalid):
    """Fields of nodes keep the graph from running. `node_errors` names all of them."""

    code = "validation_error"
    hint = "Correct the fields named in node_errors."

    def __init__(self, node_errors: FieldErrors) -> None:
        self.node_errors = {node: dict(fields) for node, fields in node_errors.items()}
        issues = sum(len(fields) for fields in self.node_errors.values())
        message = f"Graph validation failed: {_count(issues, 'issue')} on {_count(len(self.node_errors), 'node')}"
        super().__init__(message)
        self.detail: dict[str, Any] = {"type": self.code, "message": message, "node_errors": self.node_errors}

    def as_text(self) -> str:
        """The message and below it each node with its fields, for logs and the command line."""
        lines = [str(self)]
        for node_id, fields in self.node_errors.items():
            lines += [f"Node {node_id}:", *(f"  {field}: {message}" for field, message in fields.items())]
        return "\n".join(lines)


class BodyInvalid(GraphError):
    """The graph in a request or a file is not of the right shape. `detail` lists the places."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "body_invalid"
    hint = "Compare the graph with the schema at /v1/schema."

    def __init__(self, problems: Sequence[Mapping[str, Any]]) -> None:
        self.detail = [dict(problem) for problem in problems]
        first = self.detail[0]
        place = ".".join(str(part) for part in first["loc"])
        more = f" (and {len(self.detail) - 1} more)" if len(self.detail) > 1 else ""
        super().__init__(f"{place}: {first['msg']}{more}")


class GraphNotFound(GraphError):
    """There is no such graph, or it belongs to somebody else."""

    status = HTTPStatus.NOT_FOUND
    code = "graph_not_found"
    hint = "Check the id and the version; what belongs to somebody else is answered as if it did not exist."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
