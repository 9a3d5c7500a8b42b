"""Every block of the library against its own cases and against the catalogue."""

import pytest

from blocks import catalogue, docs
from blocks.sdk import BlockSpec, Case, run_case

BY_NAME = {spec.name: spec for spec in docs.library()}
CASES = [
    pytest.param(spec, case, id=f"{spec.name}-{number}")
    for spec in BY_NAME.values()
    if spec.implementation
    for number, case in enumerate(spec.implementation.block.cases)  # type: ignore[attr-defined] # the class of a block
]
# what newer installations have; the catalogue lists what was known when it was made
NEWER = {
    "FlattenListBlock",
    "InterleaveListsBlock",
    "JSONDecoderBlock",
    "JSONEncoderBlock",
    "ListDifferenceBlock",
    "ListIntersectionBlock",
    "PostToChatBlock",
    "ReadWebPageBlock",
    "RunPythonCodeBlock",
    "SQLQueryBlock",
    "SendWebhookBlock",
    "TextEncoderBlock",
    "ZipListsBlock",
}


@pytest.mark.parametrize(("spec", "case"), CASES)
def test_a_block_does_what_its_case_says(spec: BlockSpec, case: Case) -> None:
    assert run_case(spec, case) is None


def test_every_block_that_runs_has_a_case() -> None:
    without = {spec.name for spec in BY_NAME.values()} - {parameter.values[0].name for parameter in CASES}  # type: ignore[union-attr]
    assert without == {"AgentExecutorBlock"}  # the engine runs it


@pytest.mark.parametrize("spec", BY_NAME.values(), ids=list(BY_NAME))
def test_an_installed_block_is_what_the_catalogue_says(spec: BlockSpec) -> None:
    known = catalogue.placeholder(spec.id)
    if known is None:
        assert spec.name in NEWER
        return
    for fact in ("name", "block_type", "static_output", "sensitive_action"):
        assert getattr(spec, fact) == getattr(known, fact), fact
    assert sorted(spec.categories) == sorted(known.categories)
    assert known.output_names <= spec.output_names
    assert list(spec.inputs)[: len(known.inputs)] == list(known.inputs)
    for pin in known.inputs.values():
        installed = spec.inputs[pin.name]
        # the catalogue leaves long prose out
        defaults = () if not pin.required and not pin.has_default else ("has_default", "default")
        for fact in ("required", "secret", "advanced", "hidden", *defaults):
            assert getattr(installed, fact) == getattr(pin, fact), f"{pin.name}: {fact}"


@pytest.mark.parametrize("spec", BY_NAME.values(), ids=list(BY_NAME))
def test_what_a_block_offers_beyond_the_catalogue_is_an_option(spec: BlockSpec) -> None:
    known = catalogue.placeholder(spec.id)
    more = [pin for pin in spec.inputs.values() if known and pin.name not in known.inputs]
    assert [pin.name for pin in more if pin.required or not pin.has_default or not pin.advanced] == []
