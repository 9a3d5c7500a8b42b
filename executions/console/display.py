"""A run while it goes on: a few lines that change at a terminal, one line per change anywhere else."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from executions.console.progress import Progress
from executions.wording import duration

SHOWN: Final = 5
COLOURS: Final = {"RUNNING": "cyan", "COMPLETED": "green", "FAILED": "red", "TERMINATED": "yellow"}


class Display(Protocol):
    def show(self, progress: Progress) -> None: ...

    def say(self, text: str) -> None:
        """A line that stays."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Stream(Protocol):
    """Where a command writes: Django's wrapper of a stream, or a stream."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> None: ...

    def isatty(self) -> bool: ...


def display_for(stream: Stream, terminal: TextIO, title: str) -> Display:
    """`terminal`: what the stream writes to when it is one; a wrapper would add line ends."""
    return Lively(Console(file=terminal), title) if stream.isatty() else Plain(stream)


class Lively:
    """Redrawn several times a second, and gone when the run has ended: what stays is the result."""

    def __init__(self, console: Console, title: str) -> None:
        self.console = console
        self.title = title
        self.spinner = Spinner("dots")
        self.progress = Progress("QUEUED", 0.0)
        self.seen = time.monotonic()
        self.live = Live(get_renderable=self.picture, console=console, transient=True, refresh_per_second=8)

    def __enter__(self) -> Self:
        self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def show(self, progress: Progress) -> None:
        self.progress, self.seen = progress, time.monotonic()

    def say(self, text: str) -> None:
        self.console.print(Text(text, style="yellow"))

    def picture(self) -> RenderableType:
        now = self.progress
        seconds = now.seconds + time.monotonic() - self.seen
        self.spinner.update(text=Text.assemble(
            (self.title, "bold"), "  ", (now.state, COLOURS.get(now.status, "")), "  ", duration(max(0.1, seconds))
        ))  # fmt: skip
        lines: list[RenderableType] = [Text(f"  {', '.join(now.parts())}")]
        busy = now.busy.most_common()
        lines += [Text(f"  {_named(*one, number)}", style="dim", no_wrap=True) for one, number in busy[:SHOWN]]
        if len(busy) > SHOWN:
            lines.append(Text(f"  and {len(busy) - SHOWN} other nodes", style="dim"))
        return Group(self.spinner, *lines)


class Plain:
    """For logs and pipes: at most one line a second, and none when nothing has changed."""

    def __init__(self, stream: Stream, clock: Callable[[], float] = time.monotonic) -> None:
        self.stream = stream
        self.clock = clock
        self.state = self.counts = ""
        self.at = float("-inf")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.flush()

    def show(self, progress: Progress) -> None:
        state, counts = progress.state, ", ".join(progress.parts())
        recent = state == self.state and self.clock() - self.at < 1
        if not recent and (state, counts) != (self.state, self.counts):
            self.state, self.counts, self.at = state, counts, self.clock()
            self.say(f"{progress.seconds:6.1f} s  {state}: {counts}")

    def say(self, text: str) -> None:
        self.stream.write(f"{text}\n")
        self.stream.flush()


def _named(name: str, waiting: bool, number: int) -> str:  # noqa: FBT001  the parts of a key
    return f"{name}{f' ({number})' if number > 1 else ''}: {'waiting' if waiting else 'running'}"
