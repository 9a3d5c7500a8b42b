"""Receives messages from the broker. What is no message of ours is thrown away here, before it takes a place in the
pool: Celery would reject some of it, keep some of it unacknowledged for ever, and end the worker because of others."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from celery.worker import consumer
from vine import promise as vine_promise

from executions import poison
from executions.tasks import ARGUMENTS

log = logging.getLogger(__name__)

# What is raised while something is read from a queue of Redis that was never a message.
NO_MESSAGE = json.JSONDecodeError, UnicodeDecodeError, KeyError
# What code raises that finds something else than it expected; errors of connections are not among it.
SURPRISES = TypeError, ValueError, LookupError, AttributeError


class Consumer(consumer.Consumer):
    """Named by the setting `worker_consumer`."""

    connection_errors: tuple[type[BaseException], ...]

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # What is no message at all is met while it is read from the broker: that costs a connection, not the worker.
        self.connection_errors = *self.connection_errors, *NO_MESSAGE

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        if isinstance(exc, NO_MESSAGE):
            poison.found("undecodable", f"a queue held what is no message: {type(exc).__name__}: {exc}.")
        super().on_connection_error_after_connected(exc)

    def create_task_handler(self, promise: Any = vine_promise) -> Callable[[Any], None]:
        receive = super().create_task_handler(promise)

        def received(message: Any) -> None:
            fault = self._fault(message)
            if fault is not None:
                self._throw_away(message, *fault)
                return
            try:
                receive(message)
            except SURPRISES as wrong:
                log.exception("a message could not be received")
                self._throw_away(message, "format", f"{type(wrong).__name__}: {wrong}")

        return received

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        self._throw_away(message, "undecodable", f"{type(exc).__name__}: {exc}")

    def on_unknown_message(self, body: Any, message: Any) -> None:
        self._throw_away(message, "format", "it is no message for a task.")

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:
        self._throw_away(message, "unknown_task", f"there is no task {poison.excerpt(message.headers.get('task'))}.")

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:
        self._throw_away(message, "format", f"{type(exc).__name__}: {exc}")

    def _throw_away(self, message: Any, reason: str, why: str) -> None:
        poison.found(reason, why, message.body)
        message.ack_log_error(log, self.connection_errors)

    def _fault(self, message: Any) -> tuple[str, str] | None:
        try:
            payload = message.payload
        except Exception as wrong:  # whatever a decoder raises for what a stranger has sent
            return "undecodable", f"{type(wrong).__name__}: {wrong}"
        headers = message.headers
        if not isinstance(headers, Mapping) or not all(isinstance(headers.get(key), str) for key in ("task", "id")):
            return "format", "it is no message for a task."
        if (task := self.app.tasks.get(headers["task"])) is None:
            return "unknown_task", f"there is no task {poison.excerpt(headers['task'])}."
        match payload:
            case [list(given), dict(named), dict() | None]:
                kinds = ARGUMENTS.get(task.name)
                unfit = "" if kinds is None else poison.unfit(kinds, given, named)
                return ("arguments", f"{task.name}: {unfit}") if unfit else None
        return "format", "its body is not [arguments, named arguments, …]."
