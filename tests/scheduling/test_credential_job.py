"""Access tokens are refreshed before they run out, at a provider on this machine."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from credentials import opening
from scheduling.jobs import accounts
from tests.credentials.conftest import installed, provider, store  # noqa: F401  fixtures
from tests.credentials.provider import ProviderServer

pytestmark = pytest.mark.django_db(transaction=True)


def test_tokens_that_run_out_soon_are_refreshed_and_others_left_alone(
    user: User,
    store: Callable[..., Any],  # noqa: F811
    provider: ProviderServer,  # noqa: F811
) -> None:
    made = []
    for minutes in (5, 600):
        provider.refresh_tokens.add(f"refresh-{minutes}")
        at = (timezone.now() + timedelta(minutes=minutes)).isoformat()
        values = {"access_token": f"access-{minutes}", "refresh_token": f"refresh-{minutes}", "lifetime": 3600}
        made.append(store(type="oauth2", values=values | {"access_token_expires_at": at}))
    assert accounts.refresh() == "Refreshed 1 access tokens; 0 could not be refreshed."
    tokens = [opening.find(user.pk, one.id).values["access_token"] for one in made]
    assert tokens[0] != "access-5"
    assert tokens[1] == "access-600"
