from collections import Counter

import pytest

from config.chaos.faults import FAULTS
from config.chaos.plan import planned, weights

PROFILES = ("embedded", "production")


@pytest.mark.parametrize("profile", PROFILES)
def test_a_seed_decides_which_fault_comes_when(profile: str) -> None:
    first, again, other = (planned(seed=seed, seconds=60, pause=1.0, profile=profile) for seed in (7, 7, 8))
    assert first == again
    assert first != other


@pytest.mark.parametrize("profile", PROFILES)
def test_half_an_hour_has_a_thousand_faults_and_each_kind_among_them(profile: str) -> None:
    plan = planned(seed=1, seconds=1800, pause=1.0, profile=profile)
    assert 1600 < len(plan) < 2000
    assert set(Counter(fault.kinds[0] for fault in plan)) == set(weights(profile))
    assert [fault.at for fault in plan] == sorted(fault.at for fault in plan)


def test_every_kind_that_is_planned_can_be_injected_and_no_other() -> None:
    assert {*weights("embedded"), *weights("production")} == set(FAULTS)
