"""The product's HTTP API, as its users see it: answers may be lost, and what is uncertain is looked up later."""

import http.client
import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

TIMEOUT: Final = 60.0


class NoAnswer(Exception):
    """The request may or may not have been carried out."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any


class Client:
    """One connection per request: the server behind it is killed all the time."""

    def __init__(self, address: str, token: str) -> None:
        self.place = urlsplit(address).netloc
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def start(self, graph_id: str, version: int, inputs: dict[str, Any]) -> Answer:
        return self._ask("POST", f"/v1/graphs/{graph_id}/execute/{version}", {"inputs": inputs})

    def order(self, graph_id: str, run_id: str, verb: str) -> Answer:
        """`verb`: stop, pause or resume."""
        return self._ask("POST", f"/v1/graphs/{graph_id}/executions/{run_id}/{verb}", {})

    def _ask(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        connection = http.client.HTTPConnection(self.place, timeout=TIMEOUT)
        try:
            connection.request(method, path, json.dumps(body), self.headers)
            answer = connection.getresponse()
            return Answer(answer.status, json.loads(answer.read() or b"null"))
        except (OSError, http.client.HTTPException, ValueError) as lost:
            raise NoAnswer(f"{type(lost).__name__}: {lost}") from None
        finally:
            connection.close()
