"""How the blocks that tell the time are asked to write it."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict

from blocks.sdk import Context
from blocks.sdk import Field as Pin

# what a form offers; every zone of the IANA database is accepted
OFFERED_ZONES = [
    "UTC", "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver", "America/Chicago",
    "America/New_York", "America/Caracas", "America/Sao_Paulo", "America/St_Johns", "Atlantic/South_Georgia",
    "Atlantic/Azores", "Europe/London", "Europe/Paris", "Europe/Athens", "Europe/Moscow", "Asia/Tehran", "Asia/Dubai",
    "Asia/Kabul", "Asia/Karachi", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka", "Asia/Yangon", "Asia/Bangkok",
    "Asia/Shanghai", "Australia/Eucla", "Asia/Tokyo", "Australia/Adelaide", "Australia/Sydney", "Australia/Lord_Howe",
    "Pacific/Noumea", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Tongatapu", "Pacific/Kiritimati", "Etc/GMT-12",
    "Etc/GMT+12",
]  # fmt: skip


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, a folder of the database
        return None


def _known_zone(name: str) -> str:
    if _zone(name) is None:
        raise ValueError(f"there is no time zone {name[:100]!r}")
    return name


class ZoneChoice(BaseModel):
    """In which time zone the time is told."""

    model_config = ConfigDict(extra="ignore")
    timezone: Annotated[str, AfterValidator(_known_zone)] = Pin(
        "UTC", examples=OFFERED_ZONES, description="A time zone."
    )
    use_user_timezone: bool = Pin(default=False, description="Take the time zone of the user's profile instead.")

    def now(self, context: Context) -> datetime:
        # a profile without a usable zone counts as UTC
        return datetime.now(_zone(context.user_timezone if self.use_user_timezone else self.timezone) or UTC)


class Iso8601(ZoneChoice):
    """The international standard."""

    discriminator: Literal["iso8601"]


class PreciseIso8601(Iso8601):
    """The international standard, to the second or the microsecond."""

    include_microseconds: bool = Pin(default=False, description="Write microseconds.")

    @property
    def timespec(self) -> str:
        return "microseconds" if self.include_microseconds else "seconds"


class TimePattern(ZoneChoice):
    discriminator: Literal["strftime"]
    format: str = Pin("%H:%M:%S", description="A pattern of strftime.")


class DatePattern(ZoneChoice):
    discriminator: Literal["strftime"]
    format: str = Pin("%Y-%m-%d", description="A pattern of strftime.")


class DateTimePattern(ZoneChoice):
    discriminator: Literal["strftime"]
    format: str = Pin("%Y-%m-%d %H:%M:%S", description="A pattern of strftime.")


def default_format(pattern: str) -> dict[str, object]:
    return {"discriminator": "strftime", "format": pattern, "timezone": "UTC", "use_user_timezone": False}
