"""Refreshes access tokens before they run out, so that a node does not have to wait for it, and an account that is not
used for long does not lose its token."""

from datetime import timedelta
from typing import Final
from uuid import uuid4

from django.utils import timezone

from credentials import opening, services
from credentials.errors import CredentialsError
from credentials.models import Credential
from executions.crashpoints import crash_point

SOON: Final = timedelta(minutes=15)


def refresh() -> str:
    now = timezone.now()
    soon = Credential.objects.filter(type=Credential.Type.OAUTH2, refused="", expires_at__lte=now + SOON)
    done = failed = 0
    for row in soon.order_by("expires_at").iterator():
        try:
            before = opening.of_row(row)
            done += services.freshened(before, uuid4()).values != before.values
        except CredentialsError:  # on record with the credential, or being refreshed by a node
            failed += 1
        crash_point("refresh.one")
    return f"Refreshed {done} access tokens; {failed} could not be refreshed."
