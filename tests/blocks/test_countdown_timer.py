"""The timer waits without a worker."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.library.countdown_timer import CountdownTimerBlock
from blocks.sdk import Context, Wait, describe

SPEC = describe(CountdownTimerBlock)


def step(data: dict[str, Any], **state: Any) -> list[Any]:
    return list(SPEC.start(SPEC.bind(data), Context(state=state)))  # type: ignore[arg-type] # not an async block


def test_the_first_call_only_asks_to_be_called_later() -> None:
    (wait,) = step({"minutes": 2, "seconds": "30"})
    assert isinstance(wait, Wait)
    assert timedelta(seconds=149) < wait.until - datetime.now(UTC) <= timedelta(seconds=150)


def test_the_call_after_the_wait_emits() -> None:
    (wait,) = step({"seconds": 1})
    assert step({"seconds": 1}, **wait.state) == [("output_message", "timer finished")]


def test_a_repeating_timer_waits_again_after_each_message() -> None:
    data = {"seconds": 1, "repeat": 2}
    (first,) = step(data)
    message, second = step(data, **first.state)
    assert message == ("output_message", "timer finished")
    assert isinstance(second, Wait)
    assert step(data, **second.state) == [message]


def test_a_time_in_the_past_is_over_at_once() -> None:
    assert step({"seconds": -5}) == [("output_message", "timer finished")]


@pytest.mark.parametrize("seconds", ["inf", "nan", "1e400"])
def test_a_time_that_is_no_time_fails(seconds: str) -> None:
    with pytest.raises(ValueError, match=r"too far away|no number"):
        step({"seconds": seconds})


def test_a_stopped_timer_emits_no_more() -> None:
    running = SPEC.start(SPEC.bind({"repeat": 10**9}), Context(cancelled=lambda: True))
    assert list(running) == []  # type: ignore[arg-type] # not an async block
