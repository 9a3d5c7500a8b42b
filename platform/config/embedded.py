"""Where the embedded profile keeps its things: one private state folder, and a socket path that systems accept."""

import base64
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

# sockaddr_un holds 104 bytes on macOS and 108 on Linux, the final NUL included.
LONGEST_SOCKET_PATH = 100


def private_folder(folder: Path) -> Path:
    """The folder, made if it is missing, so that only its owner can look into it."""
    try:
        made = not folder.exists()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if made or not any(folder.iterdir()):
            folder.chmod(0o700)  # an old folder with other things in it stays as its owner made it
    except OSError as wrong:
        raise unusable(folder, wrong) from None
    return folder


def unusable(folder: Path, wrong: OSError) -> ImproperlyConfigured:
    reason = wrong.strerror or str(wrong)
    return ImproperlyConfigured(f"The folder {folder} cannot be used: {reason}. PETIOLE_STATE can name another one.")


def socket_path(state: Path) -> Path:
    """The broker's socket: in the state folder, or in a private temporary folder when that path is too long."""
    inside = state / "valkey.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(os.fsencode(state)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"petiole-{os.getuid()}-{name}" / "valkey.sock"


def celery_url(redis_url: str) -> str:
    """The same server in Celery's spelling, which differs for sockets."""
    url = urlsplit(redis_url)
    if url.scheme != "unix":
        return redis_url
    number = parse_qs(url.query).get("db", ["0"])[0]
    return f"redis+socket://{url.path}?virtual_host={number}"


def secret_key(state: Path) -> str:
    """A key of this installation's own, made at the first start and readable by its owner alone."""
    return _kept(state / "secret_key", lambda: secrets.token_urlsafe(48))


def encryption_key(state: Path) -> str:
    """What credentials are encrypted with, made like the secret key. Who loses it loses them."""
    return _kept(state / "encryption_key", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


def _kept(file: Path, make: Callable[[], str]) -> str:
    try:
        if not file.exists():
            _make_once(file, make())
        return file.read_text()
    except OSError as wrong:
        raise unusable(file.parent, wrong) from None


def _make_once(file: Path, text: str) -> None:
    """Write a whole file: the first of several processes wins, the others find what it wrote."""
    private_folder(file.parent)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    try:
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
