"""Which blocks exist: those of installed plug-ins and named modules, and placeholders for the other known ones."""

import dataclasses
import importlib
import inspect
import logging
import pkgutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from types import ModuleType

from blocks import catalogue as known
from blocks import plugins, prices
from blocks.sdk.block import Block, describe, is_abstract
from blocks.sdk.errors import text_of
from blocks.sdk.spec import BlockSpec

GROUP = "petiole.blocks"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A module or block that could not be loaded, and why."""

    source: str
    reason: str


_specs: dict[str, BlockSpec] = {}
_broken: dict[str, BrokenPlugin] = {}
_loaded: set[str] = set()
_lock = threading.RLock()
_ready = threading.Event()


def load(modules: Sequence[str] = ()) -> None:
    """Load the plug-ins of the installation and the named modules. Again is harmless; what is broken is only noted.

    The first question does it, too. Who serves calls it at the start: nobody waits for it then, and pool processes
    inherit what it has loaded."""
    with _lock:
        installed = _installed()
        for name in (*installed, *plugins.named(), *modules):
            if name not in _loaded:
                _loaded.add(name)
                _load_module(name, must_declare=name in installed)
        _ready.set()


def get(block_id: str) -> BlockSpec | None:
    """The block of this id: implemented, a placeholder, or None when nobody knows it."""
    spec = _specs.get(block_id)
    if spec is not None:
        return spec
    if not _ready.is_set():
        load()
    return _specs.get(block_id) or known.placeholder(block_id)


def all_specs() -> list[BlockSpec]:
    """The implemented blocks, by name."""
    if not _ready.is_set():
        load()
    return sorted(_specs.values(), key=lambda spec: spec.name)


def catalogue() -> list[BlockSpec]:
    """Every known block, by name: implemented ones and placeholders."""
    implemented = all_specs()
    others = (known.placeholder(block_id) for block_id in known.known_ids() if block_id not in _specs)
    return sorted([*implemented, *(spec for spec in others if spec is not None)], key=lambda spec: spec.name)


def broken() -> list[BrokenPlugin]:
    if not _ready.is_set():
        load()
    return list(_broken.values())


def _installed() -> list[str]:
    # the value, not entry.load(): a plug-in that cannot be imported must not hide the others
    return sorted({entry.module for entry in entry_points(group=GROUP)})


def _load_module(name: str, *, must_declare: bool) -> None:
    module = _imported(name)
    if module is None:
        return
    unfit = plugins.unfit(module, must_declare=must_declare)
    if unfit is not None:
        _note(name, plugins.UnfitPlugin(unfit))
        return
    # everything is imported before anything is registered: a class counts in the module that defines it
    for part in [module, *_parts_of(module)]:
        for block in _blocks_of(part):
            _register(block)


def _imported(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as wrong:  # whatever a plug-in does at import, the others go on
        _note(name, wrong)
        return None


def _parts_of(module: ModuleType) -> Iterator[ModuleType]:
    """When the module is a package, all modules below it that can be imported."""
    for found in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{module.__name__}."):
        part = _imported(found.name)
        if part is not None:
            yield part
            yield from _parts_of(part)


def _blocks_of(module: ModuleType) -> Iterator[type[Block]]:
    for _, found in inspect.getmembers(module, inspect.isclass):
        if issubclass(found, Block) and found.__module__ == module.__name__ and not is_abstract(found):
            yield found


def _register(block: type[Block]) -> None:
    source = f"{block.__module__}.{block.__name__}"
    if block.id in _specs:
        _note(source, ValueError(f"its id {block.id} belongs to {_specs[block.id].name} already"))
        return
    try:
        spec = describe(block)
        _specs[block.id] = spec if spec.costs else dataclasses.replace(spec, costs=prices.listed(spec.id))
    except Exception as wrong:  # the schema of a third party's model may be anything
        _note(source, wrong)


def _note(source: str, wrong: BaseException) -> None:
    reason = f"{type(wrong).__name__}: {text_of(wrong)}"
    _broken[source] = BrokenPlugin(source, reason)
    logger.error("block plug-in %s is disabled: %s", source, reason)


# Ids of 2024 exports and the blocks that took their place.
_RENAMED: dict[str, str] = {
    "a1b2c3d4-5e6f-7g8h-9i0j-k1l2m3n4o5p6": "436c3984-57fd-4b85-8e9a-459b356883bd",
    "b2g2c3d4-5e6f-7g8h-9i0j-k1l2m3n4o5p6": "0e50422c-6dee-4145-83d6-3a5a392f65de",
    "c3d4e5f6-7g8h-9i0j-1k2l-m3n4o5p6q7r8": "a0a69be1-4528-491c-a85a-a4ab6873e3f0",
    "c3d4e5f6-g7h8-i9j0-k1l2-m3n4o5p6q7r8": "32a87eab-381e-4dd4-bdb8-4c47151be35a",
    "b2c3d4e5-6f7g-8h9i-0j1k-l2m3n4o5p6q7": "87840993-2053-44b7-8da4-187ad4ee518c",
    "h1i2j3k4-5l6m-7n8o-9p0q-r1s2t3u4v5w6": "d0822ab5-9f8a-44a3-8971-531dd0178b6b",
    "d3f4g5h6-1i2j-3k4l-5m6n-7o8p9q0r1s2t": "df06086a-d5ac-4abb-9996-2ad0acb2eff7",
    "h5e7f8g9-1b2c-3d4e-5f6g-7h8i9j0k1l2m": "f5b0f5d0-1862-4d61-94be-3ad0fa772760",
    "a1234567-89ab-cdef-0123-456789abcdef": "4335878a-394e-4e67-adf2-919877ff49ae",
    "f8e7d6c5-b4a3-2c1d-0e9f-8g7h6i5j4k3l": "f66a3543-28d3-4ab5-8945-9b336371e2ce",
    "b29c1b50-5d0e-4d9f-8f9d-1b0e6fcbf0h2": "716a67b3-6760-42e7-86dc-18645c6e00fc",
    "31d1064e-7446-4693-o7d4-65e5ca9110d1": "cc10ff7b-7753-4ff2-9af6-9399b1a7eddc",
    "c6731acb-4105-4zp1-bc9b-03d0036h370g": "5ebe6768-8e5d-41e3-9134-1c7bd89a8d52",
}


def canonical_id(block_id: str) -> str:
    """The id of today for an id of an old export; any other id stays what it is."""
    return _RENAMED.get(block_id, block_id)
