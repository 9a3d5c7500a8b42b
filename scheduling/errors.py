"""What can go wrong with schedules, in the words an API client reads."""

from http import HTTPStatus
from typing import Any
from uuid import UUID


class ScheduleError(Exception):
    """The request about a schedule was refused; nothing has been stored."""

    status = HTTPStatus.CONFLICT
    code = "schedule_error"
    hint = ""


class ScheduleNotFound(ScheduleError):
    status = HTTPStatus.NOT_FOUND
    code = "schedule_not_found"
    hint = "List your schedules to see which there are."

    def __init__(self, schedule_id: UUID | str) -> None:
        super().__init__(f"There is no schedule {schedule_id}.")


class NotYours(ScheduleError):
    status = HTTPStatus.FORBIDDEN
    code = "schedule_of_another"
    hint = "Use the token of its owner."

    def __init__(self, schedule_id: UUID | str) -> None:
        super().__init__(f"The schedule {schedule_id} belongs to somebody else.")


class TimesInvalid(ScheduleError):
    """A field says something that cannot be. `detail` lists it like any other refused request."""

    status = HTTPStatus.BAD_REQUEST
    code = "schedule_invalid"
    hint = "Correct the field that is named, or try it with POST /v1/schedules/preview."

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        self.message = message
        self.detail: list[dict[str, Any]] = [{"loc": ["body", field], "msg": message}]
        super().__init__(f"{field}: {message}")


class BackfillRefused(ScheduleError):
    status = HTTPStatus.CONFLICT
    code = "backfill_refused"
    hint = "Wait for its end, or look at its progress."


class BackfillNotFound(ScheduleError):
    status = HTTPStatus.NOT_FOUND
    code = "backfill_not_found"
    hint = "Its id is in the answer to the request that began it."

    def __init__(self, backfill_id: UUID | str) -> None:
        super().__init__(f"The schedule has no backfill {backfill_id}.")
