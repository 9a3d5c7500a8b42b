from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.retry import RetryPolicy, read


def test_a_node_without_settings_is_tried_once_and_has_no_time_limit() -> None:
    assert read({"position": {"x": 1}}) == (RetryPolicy(attempts=1), None, {})


def test_the_metadata_sets_attempts_pauses_and_time_limit() -> None:
    stated = {"attempts": 3, "delay_seconds": 0.5, "factor": 3, "max_delay_seconds": 10, "jitter": False}
    policy, timeout, problems = read({"retry": stated, "timeout_seconds": 2})
    assert policy == RetryPolicy(attempts=3, delay=0.5, factor=3, most=10, jitter=False)
    assert (timeout, problems) == (2.0, {})


@pytest.mark.parametrize(
    ("metadata", "field"),
    [
        ({"retry": 3}, "metadata.retry"),
        ({"retry": {"attempts": 0}}, "metadata.retry.attempts"),
        ({"retry": {"attempts": 1.5}}, "metadata.retry.attempts"),
        ({"retry": {"attempts": True}}, "metadata.retry.attempts"),
        ({"retry": {"delay_seconds": -1}}, "metadata.retry.delay_seconds"),
        ({"retry": {"delay_seconds": float("nan")}}, "metadata.retry.delay_seconds"),
        ({"retry": {"factor": "2"}}, "metadata.retry.factor"),
        ({"retry": {"jitter": 1}}, "metadata.retry.jitter"),
        ({"retry": {"tries": 2}}, "metadata.retry.tries"),
        ({"timeout_seconds": 0}, "metadata.timeout_seconds"),
        ({"timeout_seconds": "1"}, "metadata.timeout_seconds"),
    ],
)
def test_a_bad_setting_is_named_and_stays_at_its_default(metadata: dict[str, Any], field: str) -> None:
    policy, timeout, problems = read(metadata)
    assert list(problems) == [field]
    assert (policy, timeout) == (RetryPolicy(), None)


def test_pauses_grow_up_to_the_longest() -> None:
    policy = RetryPolicy(attempts=9, delay=1, factor=2, most=5, jitter=False)
    assert [policy.pause(failed, 0.3) for failed in (1, 2, 3, 4, 100_000)] == [1, 2, 4, 5, 5]


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(1, 100))
def test_jitter_shortens_a_pause_by_at_most_half(failed: int, chance: float, factor: float) -> None:
    plain = RetryPolicy(factor=factor, jitter=False).pause(failed, chance)
    assert plain / 2 <= RetryPolicy(factor=factor).pause(failed, chance) <= plain <= 300
