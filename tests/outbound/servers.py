"""A server that answers as a test tells it, and remembers what it was asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    # instead of the body: what is written, piece by piece, for as long as somebody listens
    pieces: Callable[[], Iterator[bytes]] | None = None


@dataclass
class Server:
    url: str
    port: int
    asked: list[Asked]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answer: Callable[[Asked], Answer]
    asked: list[Asked]

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._reply
        raise AttributeError(name)

    def _reply(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        question = Asked(self.command, self.path, headers, self.rfile.read(length))
        self.asked.append(question)
        told = type(self).answer(question)
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        if told.pieces is not None:
            self._stream(told.pieces)
            return
        if told.status not in (204, 304) and "content-length" not in {name.lower() for name in told.headers}:
            self.send_header("content-length", str(len(told.body)))
        self.end_headers()
        self.wfile.write(told.body if self.command != "HEAD" else b"")

    def _stream(self, pieces: Callable[[], Iterator[bytes]]) -> None:
        self.close_connection = True
        self.send_header("connection", "close")
        self.end_headers()
        with suppress(OSError):  # nobody listens any more
            for piece in pieces():
                self.wfile.write(piece)
                self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(answer: Callable[[Asked], Answer], host: str = "127.0.0.1") -> Iterator[Server]:
    asked: list[Asked] = []
    handler = type("Handler", (_Handler,), {"answer": staticmethod(answer), "asked": asked})
    server = ThreadingHTTPServer((host, 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    port = int(server.server_address[1])
    try:
        yield Server(f"http://{host}:{port}", port, asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
