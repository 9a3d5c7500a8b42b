"""A system check: the file of integrations says what it should. Reads no database."""

from typing import Any

from django.core import checks

from credentials import integrations
from credentials.errors import CredentialsError


def integrations_can_be_read(**_: Any) -> list[checks.CheckMessage]:
    try:
        integrations.current()
    except CredentialsError as wrong:
        return [checks.Error(str(wrong), hint=wrong.hint, id="credentials.E001")]
    return []
