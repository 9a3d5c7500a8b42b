"""What a message says: a subject, a line for each event, and sums where it is a summary."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from notifications.models import Delivery, Notice, Webhook
from notifications.timing import Timing

LISTED: Final = 100  # events in an e-mail
LINES: Final = 5
SUBJECTS: Final = {
    "ZERO_BALANCE": "No credits are left",
    "LOW_BALANCE": "Your credits run low",
    "REVIEW_REQUESTED": "Something waits for your decision",
    "AGENT_APPROVED": "Your agent is in the store",
    "AGENT_REJECTED": "Your agent was not taken into the store",
}


@dataclass(frozen=True)
class Line:
    at: Any
    title: str
    text: str
    link: str = ""


@dataclass(frozen=True)
class Message:
    """`sums`: name → number, of a summary."""

    id: str
    user_id: UUID
    email: str
    url: str
    secret: str
    kind: str
    subject: str
    lines: list[Line]
    more: int
    events: list[dict[str, Any]]
    sums: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """What a program is sent."""
        content = {"id": self.id, "type": self.kind, "user_id": str(self.user_id), "subject": self.subject}
        return content | {"summary": self.sums, "events": self.events}


def message_of(delivery: Delivery) -> Message:
    notices = list(Notice.objects.filter(pk__in=delivery.items.values("notice")).order_by("created_at", "pk"))
    summary = delivery.timing in {Timing.DAILY, Timing.WEEKLY}
    listed = [one for one in notices if not summary or _is_trouble(one)]
    receiver = Webhook.objects.filter(user_id=delivery.user_id).first()
    return Message(
        id=str(delivery.pk),
        user_id=delivery.user_id,
        email=str(getattr(delivery.user, "email", "")),
        url=receiver.url if receiver else "",
        secret=receiver.secret if receiver else "",
        kind=delivery.kind,
        subject=_subject(delivery, notices),
        lines=[_line(one) for one in listed[:LISTED]],
        more=max(0, len(listed) - LISTED),
        events=[{"type": one.kind, "created_at": one.created_at.isoformat(), "data": one.data} for one in notices],
        sums=_sums(notices) if len(notices) > 1 or summary else {},
    )


def _is_trouble(notice: Notice) -> bool:
    """Of a summary only these are listed one by one."""
    return bool(notice.data.get("status") != "COMPLETED")


def _subject(delivery: Delivery, notices: list[Notice]) -> str:
    if delivery.timing == Timing.WEEKLY:
        return f"Your week: {_counted(notices)}"
    if delivery.timing == Timing.DAILY:
        return f"Your day: {_counted(notices)}"
    if len(notices) != 1:
        return _counted(notices)
    [only] = notices
    if only.kind == "AGENT_RUN":
        return f"{only.data.get('agent_name')}: {str(only.data.get('status')).lower()}"
    return SUBJECTS.get(only.kind, only.kind.replace("_", " ").capitalize())


def _counted(notices: list[Notice]) -> str:
    what = "run" if notices and notices[0].kind == "AGENT_RUN" else "event"
    return f"{len(notices)} {what}{'' if len(notices) == 1 else 's'}"


def _line(notice: Notice) -> Line:
    data = notice.data
    if notice.kind == "AGENT_RUN":
        title = f"{data.get('agent_name')}: {data.get('status')}"
        return Line(notice.created_at, title, str(data.get("summary") or ""), str(data.get("link") or ""))
    told = [f"{name.replace('_', ' ')}: {data[name]}" for name in list(data)[:LINES] if not name.endswith("_link")]
    link = next((str(data[name]) for name in data if name.endswith("_link")), settings.SITE_URL)
    return Line(notice.created_at, SUBJECTS.get(notice.kind, notice.kind), "; ".join(told), link)


def _sums(notices: list[Notice]) -> dict[str, Any]:
    """How many of each end, and what they have cost and taken together."""
    ends = Counter(str(one.data.get("status", "")).lower() for one in notices)
    sums: dict[str, Any] = {name: number for name, number in sorted(ends.items()) if name}
    for name in ("credits_used", "node_count"):
        numbers = [one.data[name] for one in notices if isinstance(one.data.get(name), int)]
        if numbers:
            sums[name] = sum(numbers)
    return sums
