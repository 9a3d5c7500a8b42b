"""As much of Stripe's API as the product uses, on 127.0.0.1: checkout sessions, refunds, the portal, signed events."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SECRET = "whsec_of_a_test"
KEY = "sk_test_of_a_test"


class Stripe(ThreadingHTTPServer):
    """`fails`: so many requests are answered with a server error first."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sessions: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.fails = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def pay(self, session: str) -> None:
        """Somebody pays on the page of the session."""
        paid = {"payment_status": "paid", "status": "complete", "customer": "cus_1"}
        self.sessions[session] |= paid | {"payment_intent": f"pi_{session}"}

    def told(self, kind: str, about: dict[str, Any], *, secret: str = SECRET) -> tuple[bytes, str]:
        """Body and signature of an event."""
        event = {"id": "evt_1", "object": "event", "type": kind, "api_version": "2025-01-01", "data": {"object": about}}
        body = json.dumps(event).encode()
        now = int(time.time())
        digest = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
        return body, f"t={now},v1={digest}"

    def answer(self, method: str, path: str, form: dict[str, str], key: str | None) -> tuple[int, dict[str, Any]]:
        with self.lock:
            if self.fails:
                self.fails -= 1
                return 500, _error("api_error", "Something went wrong")
            place = path.removeprefix("/v1/")
            if (method, place) == ("POST", "checkout/sessions"):
                return 200, self._session(form)
            if (method, place) == ("POST", "refunds"):
                return 200, self._refund(form, key or "")
            if (method, place) == ("POST", "billing_portal/sessions"):
                opened = {"id": "bps_1", "object": "billing_portal.session"}
                return 200, opened | {"url": f"https://portal/{form['customer']}"}
            if method == "GET" and (found := self._found(place, form)):
                return 200, found
            return 404, _error("invalid_request_error", "No such object", code="resource_missing")

    def _found(self, place: str, form: dict[str, str]) -> dict[str, Any] | None:
        if place == "checkout/sessions":
            of_payment = [one for one in self.sessions.values() if one["payment_intent"] == form["payment_intent"]]
            return {"object": "list", "data": of_payment, "has_more": False, "url": f"/v1/{place}"}
        return self.sessions.get(place.removeprefix("checkout/sessions/"))

    def _session(self, form: dict[str, str]) -> dict[str, Any]:
        name = f"cs_test_{len(self.sessions) + 1}"
        amount = int(form["line_items[0][price_data][unit_amount]"])
        self.sessions[name] = {
            "id": name,
            "object": "checkout.session",
            "url": f"https://checkout.stripe.test/{name}",
            "amount_total": amount,
            "payment_status": "unpaid",
            "status": "open",
            "payment_intent": None,
            "customer": None,
            "client_reference_id": form["client_reference_id"],
            "success_url": form["success_url"],
            "metadata": {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")},
        }
        return self.sessions[name]

    def _refund(self, form: dict[str, str], key: str) -> dict[str, Any]:
        made = {
            "id": f"re_{len(self.refunds) + 1}",
            "object": "refund",
            "status": "succeeded",
            "payment_intent": form["payment_intent"],
            "amount": int(form["amount"]),
        }
        return self.refunds.setdefault(key, made)


def _error(kind: str, message: str, **more: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": message, **more}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Stripe

    def do_POST(self) -> None:
        self._answer("POST", self.rfile.read(int(self.headers["Content-Length"])).decode())

    def do_GET(self) -> None:
        self._answer("GET", urlsplit(self.path).query)

    def _answer(self, method: str, sent: str) -> None:
        form = {name: values[0] for name, values in parse_qs(sent).items()}
        if self.headers["Authorization"] != f"Bearer {KEY}":
            status, answer = 401, _error("invalid_request_error", "Invalid API Key")
        else:
            key = self.headers["Idempotency-Key"]
            status, answer = self.server.answer(method, urlsplit(self.path).path, form, key)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """The tests print for themselves."""


@contextmanager
def stripe_server() -> Iterator[Stripe]:
    server = Stripe()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
