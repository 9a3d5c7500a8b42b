"""HTTP to an address that a user has named, so only to public ones and what the operator allows.

`Petiole-Signature: t=SECONDS,v1=HEX`: HMAC-SHA256 of "SECONDS.BODY" with the secret of the webhook. `Idempotency-Key`
is the same at every attempt."""

import hashlib
import hmac
import json
import time
from typing import Final

import outbound
from notifications.channels import Failed, Refused
from notifications.messages import Message

SECONDS: Final = 15.0
LARGEST: Final = 64 * 1024
GONE: Final = 410


def send(message: Message) -> None:
    import httpx  # takes a while, and most processes send nothing

    body = json.dumps(message.as_json()).encode()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": message.id,
        "Petiole-Signature": signature(message.secret, body, int(time.time())),
    }
    try:
        with outbound.client(outbound.Policy(max_bytes=LARGEST, timeout=SECONDS)) as client:
            answer = client.post(message.url, content=body, headers=headers)
    except outbound.Blocked as wrong:
        raise Refused(str(wrong)) from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as wrong:
        raise Failed(f"{type(wrong).__name__}: {wrong}") from None
    if answer.status_code == GONE:
        raise Refused("410: the receiver wants no more messages")
    if not answer.is_success:
        raise Failed(f"the answer was {answer.status_code}")


def signature(secret: str, body: bytes, at: int) -> str:
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
