"""What a block reports of its use of language models stands in the statistics of its node execution."""

import pytest

from tests.blocks_for_tests import MeteredBlock
from tests.executions.driver import Driver
from tests.graphs_for_tests import Build

USED = {"llm_call_count": 3, "input_token_count": 5, "output_token_count": 3}


@pytest.mark.parametrize(("x", "factor"), [("go", 1), ("fail", 2)])
def test_usage_is_added_up_over_all_attempts(drive: Driver, build: Build, x: str, factor: int) -> None:
    retry = {"retry": {"attempts": 2, "delay_seconds": 0}}
    built = build({"m": (MeteredBlock.id, {"x": x})}, m=retry)
    run = drive(built.start())
    (execution,) = built.of(run, "m")
    assert {name: execution.stats[name] for name in USED} == {name: number * factor for name, number in USED.items()}
