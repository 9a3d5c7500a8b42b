"""What may go wrong around a command, said in one line: a database that is not there, a reader who has gone."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError

from executions.console.arguments import refused

BROKEN_PIPE = 128 + 13  # what a shell reports of a process that SIGPIPE has ended


@contextmanager
def in_one_line() -> Iterator[None]:
    try:
        yield
    except DatabaseError as wrong:
        reason = str(wrong).strip().partition("\n")[0]
        raise refused(f"The database cannot be used ({reason}). `manage.py up` or `migrate` makes it.") from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the flush at exit has somewhere to go
        sys.exit(BROKEN_PIPE)
