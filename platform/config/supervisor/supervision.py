"""`manage.py up` from its first line to its last: prepare, start, announce, watch, stop."""

import http.client
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from config.embedded import private_folder
from config.slots import Slots
from config.supervisor import broker, lock, preparation, roles, traces
from config.supervisor.crew import TURN_SECONDS, Crew
from config.supervisor.errors import CannotStart
from config.supervisor.output import say

BROKER_SECONDS = 30.0
MOST_FAILURES = 5
SOON_SECONDS = 0.05  # a start is not to wait for the supervisor
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True)
class Options:
    host: str
    port: int
    io: int
    cpu: int


def run(options: Options) -> int:
    """The exit status: 0 after an orderly stop, 1 when the children could not be brought up."""
    state: Path = settings.STATE
    with lock.held(state):
        count_together(state)
        folder = private_folder(state / "run")
        if left := traces.clean(folder):
            say(f"ended what an earlier start had left: {', '.join(left)}")
        with listening(options) as listener, Crew(folder) as crew:
            prepare(crew, state)
            serve(crew, listener, options)
            ready = watch(crew, listener)
            stop(crew)
            return 0 if ready or crew.asked else 1


def count_together(state: Path) -> None:
    """What the children count is shown on one page, that of the web process. The supervisor has a slot too, and counts
    nothing: as long as it lives the numbers go on, should all the children be killed at once."""
    folder = settings.METRICS_FOLDER or state / "metrics"
    Slots(folder).take()
    os.environ |= {"PETIOLE_METRICS_FOLDER": str(folder), "PETIOLE_METRICS_PORT": "0"}


def listening(options: Options) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server((str(address[0]), options.port), family=family, backlog=2048)
    except OSError as wrong:
        where = f"port {options.port} of {options.host}"
        reason = wrong.strerror or str(wrong)
        raise CannotStart(f"Cannot listen on {where}: {reason}. Choose another one with --port or --host.") from None


def prepare(crew: Crew, state: Path) -> None:
    if settings.BROKER_SOCKET is not None:
        broker.end_stranger(settings.BROKER_SOCKET)
        crew.start(broker.role(state, settings.BROKER_SOCKET))
    preparation.services_answer()
    if preparation.migrate():
        say("the tables are up to date")
    if password := preparation.administrator():
        say(f"administrator: admin, password: {password} (shown this once; manage.py changepassword admin)")
    if settings.BROKER_SOCKET is not None:
        await_broker(crew, state, settings.BROKER_SOCKET)
    if not settings.PRODUCTION and (released := preparation.release()):
        say(f"running nodes of the last time, queued again: {released}")
    preparation.forget_connections()


def await_broker(crew: Crew, state: Path, path: Path) -> None:
    child = crew.children["broker"]
    crew.wait(lambda: child.process is None or broker.answers(path), seconds=BROKER_SECONDS)
    if child.process is None and any((state / "valkey").iterdir()):
        say(f"the broker's data cannot be read and are set aside in {broker.set_aside(state)}")
        child = crew.start(child.role)
        crew.wait(lambda: child.process is None or broker.answers(path), seconds=BROKER_SECONDS)
    if not crew.asked and not broker.answers(path):
        raise CannotStart(f"The broker does not start: {broker.last_words(state)}")


def serve(crew: Crew, listener: socket.socket, options: Options) -> None:
    if crew.asked:
        return
    for role in (
        *roles.workers(settings.STATE, io=options.io, cpu=options.cpu, grace=settings.SHUTDOWN_SECONDS),
        roles.web(listener.fileno()),
        roles.beat(),
    ):
        crew.start(role)


def watch(crew: Crew, listener: socket.socket) -> bool:
    """Until somebody asks to stop. False: the children never became ready."""
    ready = False
    while not crew.asked:
        crew.turn(seconds=TURN_SECONDS if ready else SOON_SECONDS)
        if not ready and all(child.ready for child in crew.children.values()) and healthy(listener):
            ready = True
            say(f"ready: http://{address(listener)}")
        hopeless = [child.role.name for child in crew.children.values() if child.failures >= MOST_FAILURES]
        if not ready and hopeless:
            say(f"giving up: {', '.join(hopeless)} ended {MOST_FAILURES} times before being ready")
            return False
    return ready


def stop(crew: Crew) -> None:
    """First who brings in work, then who does it, then the broker between them."""
    say("stopping")
    crew.stop(name for name in crew.children if name in {"web", "beat"})
    crew.stop(name for name in crew.children if name.startswith("worker"))
    if not settings.PRODUCTION and (left := preparation.left()):
        say(f"nodes that go on at the next start: {left}")
    crew.stop(crew.children)
    say("stopped")


def address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def healthy(listener: socket.socket) -> bool:
    host, port = listener.getsockname()[:2]
    asked = http.client.HTTPConnection(ANYWHERE.get(host, host), port, timeout=10)
    try:
        asked.request("GET", "/healthz")
        return asked.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()
