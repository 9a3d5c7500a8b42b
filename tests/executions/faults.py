"""Faults of the database where the driver ends and the server begins: what the product sees of a broken network.

    with refused("INSERT", "nodeoutput", error=OperationalError("gone")): ...

`words`: the statement contains them all. Everything else reaches the database as ever."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

CLAIM = 'UPDATE "executions_nodeexecution"', '"attempt" ='
END = 'UPDATE "executions_nodeexecution"', '"end_time" ='
ENTRY = 'UPDATE "executions_nodeexecution"', '"entered_epoch" ='
OUTPUTS = ('INSERT INTO "executions_nodeoutput"',)


@contextmanager
def refused(*words: str, error: Exception, times: int = 1, thread: str = "") -> Iterator[list[Exception]]:
    """So many statements are not executed, in this thread or in all; gives the list of errors still to be raised."""
    errors = [error] * times

    def instead(cursor: CursorWrapper, sql: str) -> None:
        if errors and _contains(sql, words) and threading.current_thread().name.startswith(thread):
            raise errors.pop()

    with before_statements(instead):
        yield errors
    assert not errors


@contextmanager
def unanswered(*words: str, error: BaseException) -> Iterator[None]:
    """What the next statement does is committed, and the answer is lost with the connection or the process."""
    committing: list[BaseDatabaseWrapper] = []
    errors = [error]
    execute, commit = CursorWrapper.execute, BaseDatabaseWrapper._commit  # type: ignore[attr-defined]  # not in stubs

    def execute_and_lose(cursor: CursorWrapper, sql: str, params: Any = None) -> Any:
        answer = execute(cursor, sql, params)
        if errors and _contains(sql, words):
            if not cursor.db.in_atomic_block:
                raise errors.pop()
            committing.append(cursor.db)
        return answer

    def commit_and_lose(connection: BaseDatabaseWrapper) -> None:
        commit(connection)
        if errors and connection in committing:
            connection.run_on_commit = []
            raise errors.pop()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CursorWrapper, "execute", execute_and_lose)
        patch.setattr(BaseDatabaseWrapper, "_commit", commit_and_lose)
        yield
    assert not errors


@contextmanager
def before_statements(do: Callable[[CursorWrapper, str], None]) -> Iterator[None]:
    """`do` is called before each statement of every thread."""
    execute = CursorWrapper.execute

    def first(cursor: CursorWrapper, sql: str, params: Any = None) -> Any:
        do(cursor, sql)
        return execute(cursor, sql, params)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CursorWrapper, "execute", first)
        yield


def _contains(sql: str, words: tuple[str, ...]) -> bool:
    return all(word in sql for word in words)
