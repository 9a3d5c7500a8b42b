"""Is a message from whom it should be? Two ways of signing: Standard Webhooks, and the HMAC that many senders use."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from standardwebhooks import Webhook as Signed
from standardwebhooks import WebhookVerificationError

HMAC_HEADERS: Final = ("x-hub-signature-256", "x-petiole-signature-256")
# What the sender calls the message; of several the first one that is there.
DELIVERY_HEADERS: Final = ("webhook-id", "x-github-delivery", "idempotency-key")


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """`headers` in lower case. Standard Webhooks also refuses what is older than five minutes."""
    if "webhook-signature" in headers:
        return _standard(secret, headers, body)
    given = next((headers[name] for name in HMAC_HEADERS if name in headers), "")
    wanted = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(given.encode(), wanted.encode())


def _standard(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        Signed(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # the latter for headers that are no base64, no number, no UTF-8
        return False
    return True


def delivery_id(headers: Mapping[str, str]) -> str | None:
    named = next((headers[name] for name in DELIVERY_HEADERS if headers.get(name)), None)
    if named is None or len(named) <= 255:
        return named
    return hashlib.sha256(named.encode()).hexdigest()
