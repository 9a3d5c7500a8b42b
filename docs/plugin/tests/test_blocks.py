import pytest

from blocks.sdk import BlockSpec, Case, run_case
from blocks.testing import cases


@pytest.mark.parametrize(("spec", "case"), cases("petiole_example"))
def test_a_block_does_what_its_case_says(spec: BlockSpec, case: Case) -> None:
    assert run_case(spec, case) is None
