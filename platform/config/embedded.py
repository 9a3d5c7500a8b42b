"""Where the embedded profile keeps its things: one state folder, and a socket path short enough for every system."""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path

# sockaddr_un holds 104 bytes on macOS and 108 on Linux, the final NUL included.
LONGEST_SOCKET_PATH = 100


def socket_path(state: Path) -> Path:
    """The broker's socket: in the state folder, or in a private temporary folder when that path is too long."""
    inside = state / "valkey.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(os.fsencode(state)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"petiole-{os.getuid()}-{name}" / "valkey.sock"


def secret_key(state: Path) -> str:
    """A key of this installation's own, made at the first start and readable by its owner alone."""
    file = state / "secret_key"
    if not file.exists():
        state.mkdir(parents=True, exist_ok=True)
        fresh = state / f"secret_key.{os.getpid()}"
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(48))
        try:
            os.link(fresh, file)  # the first of several processes wins, the others read what it wrote
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_text()
