"""`make conformance [SCENARIOS=DIR]`: starts a stack of its own, runs the scenarios against it, stops it.

Own state folder, free port; with DATABASE_URL an own database beside the named one, dropped at the end."""

import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit, urlunsplit

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
READY_WITHIN = 90.0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def own_database(url: str) -> Iterator[str]:
    """A database that only this run uses, on the server of `url`."""
    import psycopg

    parts = urlsplit(url)
    name = f"petiole_conformance_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def environment(state: Path) -> dict[str, str]:
    return os.environ | {
        "PETIOLE_STATE": str(state),
        "PETIOLE_BLOCK_MODULES": "tests.conformance_blocks",
        "PETIOLE_CREDITS": "true",
        "PETIOLE_STARTS_PER_MINUTE": "0",
        "PETIOLE_HOSTS": "127.0.0.1,localhost",
        "PETIOLE_HTTPS": "false",
        "PETIOLE_SECRET_KEY": secrets.token_urlsafe(48),
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def stack(state: Path, port: int, variables: dict[str, str]) -> Iterator[None]:
    """`manage.py up`, ready; what it prints goes to up.log in the state folder, and to the screen when it fails."""
    log = state / "up.log"
    command = [sys.executable, "manage.py", "up", "--port", str(port)]
    with log.open("wb") as out, subprocess.Popen(command, cwd=ROOT, env=variables, stdout=out, stderr=out) as process:
        try:
            _wait_until_ready(process, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_ready(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while "ready: http" not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"the stack did not become ready:\n{log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.1)


def token(variables: dict[str, str], *words: str) -> str:
    command = [sys.executable, "manage.py", "create_token", *words]
    answer = subprocess.run(command, cwd=ROOT, env=variables, check=True, capture_output=True, text=True)
    found = re.search(r"ptl_\S+", answer.stdout)
    assert found is not None, answer.stdout
    return found.group()


def run(paths: list[str], port: int, variables: dict[str, str], out: IO[str] | None = None) -> int:
    runner = [sys.executable, str(HERE / "run.py"), "--base-url", f"http://127.0.0.1:{port}"]
    tokens = ["--token", token(variables, "conformance"), "--admin-token", token(variables, "referee", "--admin")]
    sys.stdout.flush()
    return subprocess.run([*runner, *tokens, *paths], cwd=HERE, env=variables, check=False, stdout=out).returncode


def main(paths: list[str]) -> int:
    here = [str(Path(path).resolve()) for path in paths]
    with ExitStack() as things:
        state = Path(things.enter_context(tempfile.TemporaryDirectory(prefix="petiole-conformance-")))
        variables = environment(state)
        if url := os.environ.get("DATABASE_URL"):
            variables["DATABASE_URL"] = things.enter_context(own_database(url))
        port = free_port()
        things.enter_context(stack(state, port, variables))
        code = run(here, port, variables)
        if code and (keep := os.environ.get("CONFORMANCE_LOG")):
            Path(keep).write_bytes((state / "up.log").read_bytes())
        return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
