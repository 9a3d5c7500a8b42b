"""The engine in one process that dies and is started again: for many deaths in a short time.

Death is an exception at a crash point that was agreed on. What the process held is taken back, and the message that it
was at work on comes again or does not."""

import threading
from collections.abc import Callable, Container
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from executions import services
from executions.models import GraphExecution
from tests.crashes.outcomes import has_ended
from tests.executions.driver import Driver, Message

T = TypeVar("T")


class Gone(BaseException):
    """The process is not there any more."""


@dataclass
class Mortal:
    """A hook (executions.crashpoints) that counts the points that are passed, and ends the process at some of them."""

    deaths: Container[int] = ()
    passed: list[str] = field(default_factory=list)
    dead: bool = False

    def __call__(self, name: str) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        if not self.dead:
            self.passed.append(name)
            self.dead = len(self.passed) in self.deaths
        if self.dead:  # somebody may have caught it: nothing else happens in a process that is gone
            raise Gone

    def lives(self, step: Callable[[], T]) -> T | None:
        """The answer, or None when the process has died."""
        try:
            return step()
        except Gone:
            return None
        finally:
            while self.dead:
                self.dead = False
                with suppress(Gone):  # who takes back may die of it, too
                    services.release_all()


@dataclass
class MortalDriver(Driver):
    """Carries messages to a process that may die of each of them."""

    mortal: Mortal = field(default_factory=Mortal)
    again: bool = True

    def start(self, starting: Callable[[], GraphExecution]) -> GraphExecution:
        """Whoever starts a run may die as well; then the run is there, or is started once more."""
        while (run := self.mortal.lives(starting) or GraphExecution.objects.filter(parent=None).first()) is None:
            continue
        return run

    def _arrive(self, message: Message) -> None:
        died = True

        def arrive() -> None:
            nonlocal died
            Driver._arrive(self, message)
            died = False

        self.mortal.lives(arrive)
        if died and self.again:
            self.messages.append(message)

    def _ended(self, run: GraphExecution) -> bool:
        return Driver._ended(self, run) and has_ended(run)

    def _wait(self, run: GraphExecution) -> None:
        self.mortal.lives(lambda: Driver._wait(self, run))
