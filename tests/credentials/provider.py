"""An OAuth 2.0 provider on 127.0.0.1: authorisation codes with PKCE, refresh tokens that are used once, revocation."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CLIENT, SECRET = "petiole-client", "client-secret-91c2"


class ProviderServer:
    """`lifetime`: of access tokens. `answers`: what the next requests get instead, as (status, body)."""

    def __init__(self) -> None:
        self.lifetime = 3600
        self.pause = 0.0
        self.codes: dict[str, dict[str, str]] = {}  # code → its challenge, scope and redirect address
        self.refresh_tokens: set[str] = set()
        self.issued: list[str] = []
        self.revoked: list[str] = []
        self.requests: list[dict[str, str]] = []
        self.answers: list[tuple[int, Any]] = []
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "ProviderServer":
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def entry(self) -> dict[str, Any]:
        """Its part of the file of integrations."""
        return {
            "client_id": CLIENT,
            "client_secret": SECRET,
            "authorize_url": f"{self.url}/authorize",
            "token_url": f"{self.url}/token",
            "revoke_url": f"{self.url}/revoke",
            "redirect_url": "https://petiole.example/back",
            "scopes": ["repo"],
        }

    def consent(self, login_url: str) -> tuple[str, str]:
        """The user agrees: the code and the state with which the browser is sent back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(login_url).query).items()}
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(12)
        self.codes[code] = asked
        return code, asked["state"]

    @property
    def refreshes(self) -> list[dict[str, str]]:
        return [request for request in self.requests if request.get("grant_type") == "refresh_token"]

    # -- What it answers

    def token(self, form: dict[str, str]) -> tuple[int, Any]:
        if form.get("grant_type") == "authorization_code":
            asked = self.codes.pop(form.get("code", ""), None)
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if asked is None or asked["code_challenge"] != proof or asked["redirect_uri"] != form.get("redirect_uri"):
                return 400, {"error": "invalid_grant"}
            return 200, self.tokens(asked["scope"])
        time.sleep(self.pause)
        with self.lock:
            if form.get("refresh_token") not in self.refresh_tokens:
                return 400, {"error": "invalid_grant"}
            self.refresh_tokens.remove(form["refresh_token"])
        return 200, self.tokens(None)

    def tokens(self, scope: str | None) -> dict[str, Any]:
        access, refresh = f"access-{secrets.token_hex(8)}", f"refresh-{secrets.token_hex(8)}"
        self.refresh_tokens.add(refresh)
        self.issued.append(access)
        answer = {"access_token": access, "refresh_token": refresh, "token_type": "bearer", "expires_in": self.lifetime}
        return answer | ({"scope": scope} if scope else {})

    def revoke(self, form: dict[str, str]) -> tuple[int, Any]:
        self.revoked.append(form["token"])
        self.refresh_tokens.discard(form["token"])
        return 200, {}


def _handler(provider: ProviderServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            provider.requests.append(form)
            status, body = self._answer(form)
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def _answer(self, form: dict[str, str]) -> tuple[int, Any]:
            if provider.answers:
                return provider.answers.pop(0)
            known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            if self.headers.get("Authorization") != f"Basic {known}":
                return 401, {"error": "invalid_client"}
            return provider.revoke(form) if self.path == "/revoke" else provider.token(form)

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal of the tests."""

    return Handler


@contextmanager
def away(provider: ProviderServer) -> Iterator[None]:
    """The provider answers that it cannot."""
    provider.answers = [(503, b"<html>busy</html>")] * 50
    yield
    provider.answers = []
