"""Columns that every application uses: time-ordered ids, and JSON that keeps what it is given."""

import json
from typing import TYPE_CHECKING, Any

from django.db import models
from uuid_utils import compat

if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field  # not subscriptable at run time


def new_id() -> Any:
    """A UUIDv7: unique everywhere, increasing within a process."""
    return compat.uuid7()


class Encoded(str):
    """A value that is JSON text already: it is written as it is."""

    __slots__ = ()


def encode(value: Any) -> Encoded:
    """Compact JSON text in ASCII, key order kept. Raises TypeError for what is not JSON."""
    return Encoded(json.dumps(value, separators=(",", ":")))


class JSONText(_Field):
    """JSON kept as text, because PostgreSQL's jsonb reorders keys and refuses NUL, and key order is meaning here:
    a dictionary is stepped through, merged and printed in the order in which it was built (spec 2.8, blocks E).

    A write never fails for what the value holds: what is not JSON is written as its text."""

    def get_internal_type(self) -> str:
        return "TextField"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> str | None:
        if value is None or isinstance(value, Encoded):
            return None if value is None else str(value)
        return json.dumps(value, separators=(",", ":"), default=str)

    def to_python(self, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj)) or ""
