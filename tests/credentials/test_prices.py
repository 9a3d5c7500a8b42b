"""Who brings a key pays its provider; who uses the platform's pays the platform."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command

import credits.services
from accounts.models import User
from credits import prices
from executions.states import Status
from tests.credentials.blocks import LengthBlock
from tests.credentials.conftest import Installed, Store
from tests.executions.driver import Driver
from tests.graphs_for_tests import Build

HOUSE = {"id": "system:github", "provider": "github", "type": "api_key"}


@pytest.fixture(autouse=True)
def for_the_platform_s_key_only(drive: Driver) -> Iterator[None]:
    prices.forget()
    prices.set_price(block_id=LengthBlock.id, amount=0, reason="test")
    prices.set_price(block_id=LengthBlock.id, amount=9, platform=True, reason="test")
    yield
    prices.forget()


def test_a_node_with_the_key_of_its_user_costs_nothing_and_with_the_platform_s_its_price(
    build: Build, user: User, store: Store, installed: Installed, drive: Driver
) -> None:
    installed({"credentials": {"github": {"type": "api_key", "api_key": "sk-of-the-house"}}})
    mine = store()
    own = {"id": str(mine.id), "provider": mine.provider, "type": mine.type}
    before = credits.services.balance(user.pk)
    built = build({"k": (LengthBlock.id, {"credentials": own})})
    run = drive(built.start())
    assert (run.status, run.stats["cost"], before - credits.services.balance(user.pk)) == (Status.COMPLETED, 0, 0)
    chosen = drive(built.start(credentials_inputs={"github_api_key_credentials": HOUSE}))
    assert (chosen.status, chosen.stats["cost"], before - credits.services.balance(user.pk)) == (Status.COMPLETED, 9, 9)
    call_command("ledger_audit")
