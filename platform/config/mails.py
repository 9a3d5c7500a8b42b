"""The server that sends e-mail, and the address of this installation that e-mails quote."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

PORTS: Final = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


@dataclass(frozen=True)
class Server:
    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = ""
    ssl: bool = False
    tls: bool = False


def server(url: str) -> Server:
    """`smtp://` sends in the clear, `smtp+tls://` begins so and changes (STARTTLS), `smtps://` is encrypted at once."""
    parts = urlsplit(url)
    usual = PORTS.get(parts.scheme)
    if usual is None or not parts.hostname:
        raise ValueError("use smtp://, smtp+tls:// or smtps:// with USER:PASSWORD@HOST:PORT")
    return Server(
        host=parts.hostname,
        port=parts.port or usual,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        ssl=parts.scheme == "smtps",
        tls=parts.scheme == "smtp+tls",
    )


def site(hosts: Sequence[str], *, https: bool) -> str:
    """Where nobody says it: the first host that is answered."""
    host = next((name for name in hosts if not name.startswith((".", "*"))), "localhost")
    return f"https://{host}" if https else f"http://{host}:8000"
