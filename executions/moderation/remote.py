"""A service of the operator's choice that judges text over HTTP (spec 6.1)."""

import time
from typing import Any, Final

import httpx
from django.conf import settings

import outbound
from executions.moderation.verdicts import APPROVED, Subject, Unavailable, Verdict

TRIES: Final = 3
PAUSE: Final = 1.0
LARGEST: Final = 1024 * 1024  # bytes of an answer
_REFERENCES: Final = ("moderation_id", "content_id", "id")


class Remote:
    """The address is the operator's own, so it is not held against the rules for addresses that users name."""

    def __init__(self, url: str) -> None:
        self._address = f"{url.rstrip('/')}/moderate"
        self._hosts = (httpx.URL(url).host,)

    def judge(self, subject: Subject, text: str, deadline: float) -> Verdict:
        """Tried three times within the deadline, for the answer of a broken service says nothing."""
        wanted = {
            "type": f"graph_{subject.kind}",
            "content": text.encode(errors="replace").decode(),  # half a character is none that can be sent
            "metadata": {
                "user_id": str(subject.user_id),
                "graph_id": str(subject.graph_id),
                "graph_exec_id": str(subject.run_id),
            },
        }
        problem = "there was no time left to ask"
        for attempt in range(TRIES):
            if attempt:
                time.sleep(max(0.0, min(PAUSE, deadline - time.monotonic())))
            if (left := deadline - time.monotonic()) <= 0:
                break
            try:
                return self._asked(wanted, left)
            except (httpx.HTTPError, ValueError) as wrong:
                problem = f"{type(wrong).__name__}: {wrong}"
        raise Unavailable(problem)

    def _asked(self, wanted: dict[str, Any], seconds: float) -> Verdict:
        policy = outbound.Policy(allow_private=self._hosts, max_bytes=LARGEST, timeout=seconds)
        with outbound.client(policy) as client:
            return _verdict(client.post(self._address, json=wanted, headers={"X-API-Key": settings.MODERATION_KEY}))


def _verdict(response: httpx.Response) -> Verdict:
    """Raises what httpx raises for a status of failure, ValueError for what is no answer."""
    answer: Any = response.raise_for_status().json()
    if not isinstance(answer, dict) or not isinstance(answer.get("success"), bool):
        raise ValueError("the answer is no verdict")
    if not answer["success"]:
        raise ValueError("the service reports that it could not judge")
    if answer.get("status") == "approved":
        return APPROVED
    reference = next((str(answer[name]) for name in _REFERENCES if answer.get(name)), "")
    return Verdict(approved=False, reference=reference[:100], reason=str(answer.get("status"))[:100])
