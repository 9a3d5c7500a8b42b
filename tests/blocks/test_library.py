"""Every block of the library against its own cases and against recorded ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from blocks import catalogue, docs
from blocks.sdk import BlockSpec, Case, Context, run_case
from blocks.sdk.cases import call

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
BY_NAME = {spec.name: spec for spec in docs.library()}
# the others are blocks of our own
KNOWN = {name: spec for name, spec in BY_NAME.items() if catalogue.placeholder(spec.id)}
CASES = [
    pytest.param(spec, case, id=f"{spec.name}-{number}")
    for spec in BY_NAME.values()
    if spec.implementation
    for number, case in enumerate(spec.implementation.block.cases)  # type: ignore[attr-defined] # the class of a block
]
CALLS = [
    pytest.param(BY_NAME[name], vector, id=f"{name}-{number}")
    for name, vectors in VECTORS["calls"].items()
    for number, vector in enumerate(vectors)
]


@pytest.mark.parametrize(("spec", "case"), CASES)
def test_a_block_does_what_its_case_says(spec: BlockSpec, case: Case) -> None:
    assert run_case(spec, case) is None


@pytest.mark.parametrize(("spec", "vector"), CALLS)
def test_a_block_does_what_was_recorded(spec: BlockSpec, vector: dict[str, Any], tmp_path: Path) -> None:
    emitted: list[tuple[str, Any]] = []
    failed = False
    try:
        call(spec, vector["input"], Context(files=tmp_path), into=emitted)
    except ValueError:
        failed = True
    assert failed is vector.get("fails", False)
    assert [list(item) for item in emitted] == vector["outputs"]


@pytest.mark.parametrize("vector", VECTORS["conversions"], ids=lambda vector: vector["block"])
def test_a_node_gets_the_data_that_was_recorded(vector: dict[str, Any]) -> None:
    spec = BY_NAME[vector["block"]]
    converted = spec.convert(vector["data"])
    assert (spec.problem(converted) is None) is vector["ready"]
    if vector["ready"]:
        assert converted == vector["converted"]


def test_every_block_that_runs_has_a_case() -> None:
    without = {spec.name for spec in BY_NAME.values()} - {parameter.values[0].name for parameter in CASES}  # type: ignore[union-attr]
    assert without == {"AgentExecutorBlock"}  # the engine runs it


@pytest.mark.parametrize("spec", KNOWN.values(), ids=list(KNOWN))
def test_an_installed_block_is_what_the_catalogue_says(spec: BlockSpec) -> None:
    known = catalogue.placeholder(spec.id)
    assert known is not None
    for fact in ("name", "block_type", "static_output", "sensitive_action", "output_names"):
        assert getattr(spec, fact) == getattr(known, fact), fact
    assert sorted(spec.categories) == sorted(known.categories)
    assert list(spec.inputs) == list(known.inputs)
    for pin in known.inputs.values():
        installed = spec.inputs[pin.name]
        for fact in ("required", "has_default", "default", "secret", "advanced", "hidden"):
            assert getattr(installed, fact) == getattr(pin, fact), f"{pin.name}: {fact}"
