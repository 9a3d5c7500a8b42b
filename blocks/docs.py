"""Keeps the pages of docs/blocks true: `python -m blocks.docs docs/blocks` rewrites the part that the code knows.
Plug-ins name their package behind the folder.

What stands above and below the two markers is written by people and stays.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from blocks import coverage, testing
from blocks.sdk.kinds import BlockType
from blocks.sdk.spec import BlockSpec

LIBRARY = "blocks.library"
START = "<!-- facts: written by blocks.docs -->"
END = "<!-- end of facts -->"


def page_name(spec: BlockSpec) -> str:
    """The page is named as the module of the block is."""
    return f"{testing.module_of(spec).rpartition('.')[2]}.md"


def library() -> list[BlockSpec]:
    """The blocks that come with the product, without those of plug-ins."""
    return testing.blocks_of(LIBRARY)


def facts(spec: BlockSpec) -> str:
    """What the code knows of the block, between the markers."""
    return "\n".join([START, *_facts(spec), END])


def refreshed(page: str, spec: BlockSpec) -> str:
    """`page` with the facts of today; a page that has none yet gets them at its end."""
    if START not in page:
        return f"{page.rstrip()}\n\n{facts(spec)}\n"
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{facts(spec)}{after}"


def blank(spec: BlockSpec) -> str:
    return f"# {title(spec)}\n\n{spec.description}\n\n{facts(spec)}\n"


def title(spec: BlockSpec) -> str:
    return spec.name.removesuffix("Block")


def write(folder: Path, package: str = LIBRARY) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for spec in testing.blocks_of(package):
        page = folder / page_name(spec)
        page.write_text(refreshed(page.read_text("utf-8"), spec) if page.exists() else blank(spec), "utf-8")
    if (tests := folder.parents[1] / "tests").is_dir() and package == LIBRARY:
        (folder / "coverage.md").write_text(coverage.page(tests), "utf-8")


def _facts(spec: BlockSpec) -> Iterator[str]:
    yield f"Id `{spec.id}` · type {spec.block_type.label} · runs on `{spec.workload}` workers{_flags(spec)}"
    yield ""
    yield "| Input | Type | Default | Meaning |"
    yield "|---|---|---|---|"
    for pin in spec.inputs.values():
        default = "required" if pin.required else f"`{json.dumps(pin.default, ensure_ascii=False)}`"
        yield _row(f"`{pin.name}`", type_of(pin.schema), default, pin.schema.get("description", ""))
    yield ""
    if not spec.output_names:
        yield "It declares no outputs of its own."
        return
    yield "| Output | Type | Meaning |"
    yield "|---|---|---|"
    for name, part in spec.output_schema["properties"].items():
        yield _row(f"`{name}`", type_of(part), part.get("description", ""))


def _flags(spec: BlockSpec) -> str:
    flags = [
        "static output" if spec.static_output else "",
        "sensitive action" if spec.sensitive_action else "",
        "" if spec.block_type is not BlockType.NOTE else "never run",
    ]
    return "".join(f" · {flag}" for flag in flags if flag)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def type_of(schema: Any) -> str:
    """A schema in a few words."""
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " or ".join(dict.fromkeys(type_of(part) for part in schema[word]))
    if "enum" in schema or "const" in schema:
        return " or ".join(f"`{choice}`" for choice in schema.get("enum", [schema.get("const")]))
    name = schema.get("type", "any")
    if name == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    if name == "object" and schema.get("properties"):
        return f"object ({', '.join(schema['properties'])})"
    return f"{name} ({schema['format']})" if "format" in schema else str(name)


if __name__ == "__main__":
    write(Path(sys.argv[1]).resolve(), *sys.argv[2:3])
