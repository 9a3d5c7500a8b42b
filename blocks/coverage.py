"""The table of all known blocks: which run here, which are placeholders, which account they need, what tests them."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from blocks import registry, testing
from blocks.sdk.spec import BlockSpec

HEAD = """# Coverage

Every known block. A placeholder can be imported, shown and connected, but a graph with it does not start. Written by
`python -m blocks.docs docs/blocks`; a test compares it with the code.

"""


def page(tests: Path) -> str:
    """The page; `tests` is the folder of the tests of the product."""
    recorded = _recorded(tests)
    specs = [spec for spec in registry.catalogue() if spec.placeholder or _is_library(spec)]
    ready = [spec for spec in specs if not spec.placeholder]
    rows = [_row(spec, recorded, tests) for spec in specs]
    counts = f"{len(ready)} of {len(specs)} run here; {len(specs) - len(ready)} are placeholders.\n\n"
    return HEAD + counts + "\n".join(["| Block | State | Account | Tested by |", "|---|---|---|---|", *rows]) + "\n"


def accounts_of(spec: BlockSpec) -> list[str]:
    """The providers of which the block may need an account."""
    return sorted({provider for field in spec.credentials.values() for provider in field.providers})


def _is_library(spec: BlockSpec) -> bool:
    return testing.belongs(testing.module_of(spec), "blocks.library")


def _row(spec: BlockSpec, recorded: Mapping[str, int], tests: Path) -> str:
    name = spec.name.removesuffix("Block")
    link = name if spec.placeholder else f"[{name}]({testing.module_of(spec).rpartition('.')[2]}.md)"
    state = "placeholder" if spec.placeholder else "runs"
    tested = "" if spec.placeholder else ", ".join(_tests(spec, recorded, tests))
    return f"| {link} | {state} | {_account(spec)} | {tested} |"


def _account(spec: BlockSpec) -> str:
    providers = accounts_of(spec)
    if len(providers) > 3:
        return f"one of {len(providers)} providers"
    return " or ".join(providers)


def _tests(spec: BlockSpec, recorded: Mapping[str, int], tests: Path) -> Iterator[str]:
    cases = len(testing.cases_of(spec))
    if cases:
        yield f"{cases} cases" if cases > 1 else "1 case"
    if recorded[spec.name]:
        yield f"{recorded[spec.name]} recorded"
    if not cases:
        yield from sorted(file.name for file in tests.rglob("test_*.py") if _mentions(file, spec))[:2]


def _mentions(file: Path, spec: BlockSpec) -> bool:
    text = file.read_text("utf-8")
    return spec.name in text or spec.id in text


def _recorded(tests: Path) -> Counter[str]:
    """How many recorded cases there are of each block."""
    counts: Counter[str] = Counter()
    for file in sorted((tests / "blocks" / "vectors").glob("*.json")):
        document = json.loads(file.read_text("utf-8"))
        counts.update({name: len(calls) for name, calls in document.get("vectors", {}).items()})
        counts.update(row["block"] for row in document.get("engine_coercion", ()))
        counts["XMLParserBlock"] += len(document.get("xml", ()))
    return counts
