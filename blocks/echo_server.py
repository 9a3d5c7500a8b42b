"""A web server on this machine that answers as recorded cases of web blocks expect it: it mirrors requests, answers
with the status that the path names, redirects, and serves a feed."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

_JSON: Final = "application/json"
_TEXT: Final = "text/plain; charset=utf-8"
_FEED: Final = """<?xml version="1.0"?><rss version="2.0"><channel><title>Feed</title><link>http://x/</link>
<description>A feed</description><item><title>A</title><link>http://x/a</link><description>D</description>
<author>me@x</author><category>c1</category><pubDate>Tue, 01 Jan 2030 00:00:00 GMT</pubDate></item></channel></rss>"""
# path: status, type of the content, content
_ANSWERS: Final[dict[str, tuple[int, str, str]]] = {
    "/text": (200, _TEXT, "héllo"),
    "/badjson": (200, _JSON, "{bad"),
    "/vndjson": (200, "application/vnd.api+json", '{"a":1}'),
    "/204": (204, _JSON, ""),
    "/304": (304, _TEXT, ""),
    "/404": (404, _JSON, '{"e": "nf"}'),
    "/418": (418, _TEXT, "teapot"),
    "/500": (500, _TEXT, "boom"),
    "/503": (503, _JSON, '{"e": 503}'),
    "/feed": (200, "application/rss+xml", _FEED),
}
# headers that say who asks and by what means are not mirrored: they differ from client to client
_UNSEEN: Final = frozenset({"host", "accept", "accept-encoding", "connection", "content-length", "transfer-encoding"})
_MOST_BYTES: Final = 10 * 1024 * 1024


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), _MOST_BYTES)
        received = self.rfile.read(length)
        path = self.path.partition("?")[0]
        if path == "/redir":
            self._send(302, _TEXT, "", {"Location": "/text"})
        elif path == "/echo":
            self._send(200, _JSON, json.dumps(self._mirrored(received)))
        else:
            self._send(*_ANSWERS.get(path, _ANSWERS["/404"]))

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_HEAD = answer  # noqa: N815 - names of the library

    def _mirrored(self, received: bytes) -> dict[str, Any]:
        headers = {name.lower(): value for name, value in self.headers.items() if name.lower() not in _UNSEEN}
        body = received.decode("utf-8", "replace")
        if headers.get("content-type", "").startswith("multipart/"):
            headers["content-type"] = re.sub("boundary=.*", "boundary=…", headers["content-type"])
            body = "<multipart>"
        return {"method": self.command, "path": self.path, "headers": headers, "body": body}

    def _send(self, status: int, kind: str, text: str, headers: dict[str, str] | None = None) -> None:
        content = text.encode()
        self.send_response(status)
        if status != 304:
            self.send_header("Content-Type", kind)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(content)

    def log_message(self, *_arguments: Any) -> None:
        """Whoever runs the cases prints what matters."""


@contextmanager
def serving() -> Iterator[str]:
    """Serve for a while; what is given is where: host and port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
