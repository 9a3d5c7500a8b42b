"""For the tests of plug-ins: every case of every block of a package."""

from blocks import registry
from blocks.sdk import BlockSpec, Case


def cases(package: str) -> list[tuple[BlockSpec, Case]]:
    """Each block of the package with each of its cases, for `pytest.mark.parametrize` and `run_case`."""
    return [(spec, case) for spec in blocks_of(package) for case in cases_of(spec)]


def blocks_of(package: str) -> list[BlockSpec]:
    """The blocks that the package defines. ValueError, naming what is wrong, when some could not be loaded."""
    registry.load([package])
    broken = [f"{one.source}: {one.reason}" for one in registry.broken() if belongs(one.source, package)]
    if broken:
        raise ValueError("; ".join(broken))
    return [spec for spec in registry.all_specs() if belongs(module_of(spec), package)]


def cases_of(spec: BlockSpec) -> tuple[Case, ...]:
    return spec.implementation.block.cases if spec.implementation else ()  # type: ignore[attr-defined] # a Block


def module_of(spec: BlockSpec) -> str:
    return spec.implementation.block.__module__ if spec.implementation else ""


def belongs(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")
