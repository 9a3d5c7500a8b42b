"""Columns of notices."""

import json
from typing import Any

from django.db import models


class JSONText(models.JSONField):
    """JSON in a text column, as ASCII: it may quote what a user sent, and jsonb refuses NUL, lone surrogates and NaN.

    What is recorded must never fail for what it says.
    """

    def get_internal_type(self) -> str:
        return "TextField"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: Any = None) -> Any:
        return None if value is None else json.dumps(value, default=str)
