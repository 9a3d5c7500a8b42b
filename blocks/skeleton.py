"""Writes the skeleton of a plug-in: a package of its own with one block, its test, its page and its entry point."""

import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from blocks.sdk import API_VERSION

_TEMPLATES: Final = Path(__file__).with_name("skeletons")
_NAME: Final = re.compile(r"[A-Z][A-Za-z0-9]{1,60}")
# names of the files below the folder of the plug-in, by template
_FILES: Final = {
    "pyproject.toml": "pyproject.toml",
    "readme.md": "README.md",
    "package.py": "$package/__init__.py",
    "block.py": "$package/$module.py",
    "page.md": "docs/$module.md",
    "test.py": "tests/test_blocks.py",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What the parts of a plug-in are called, all of it after its first block."""

    block: str
    module: str
    package: str
    distribution: str


def named(name: str) -> Names:
    """ValueError when a block cannot be called that."""
    bare = name.removesuffix("Block")
    if not _NAME.fullmatch(bare):
        raise ValueError(f"{name!r} is no name of a block: write it like ShoutText, in letters and digits")
    module = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", bare).lower()
    return Names(bare, module, f"petiole_{module}", f"petiole-{module.replace('_', '-')}")


def write(names: Names, folder: Path) -> list[Path]:
    """The files of the plug-in below `folder`, which must be new. OSError when it is there already."""
    words = {
        "block": names.block,
        "module": names.module,
        "package": names.package,
        "distribution": names.distribution,
        "id": str(uuid.uuid4()),
        "api": str(API_VERSION),
    }
    folder.mkdir(parents=True)
    written = []
    for template, place in _FILES.items():
        path = folder / Template(place).substitute(words)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (_TEMPLATES / f"{template}.template").read_text("utf-8")
        path.write_text(Template(text).substitute(words), "utf-8")
        written.append(path)
    return written
