"""Which blocks exist."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from blocks import registry

GOOD = "11111111-0000-4000-8000-000000000001"
WORKS = "11111111-0000-4000-8000-000000000002"


@pytest.fixture(scope="module", autouse=True)
def plugins() -> Iterator[None]:
    logging.disable(logging.ERROR)
    registry.load(
        [
            "tests.blocks.plugins.good",
            "tests.blocks.plugins.mixed",
            "tests.blocks.plugins.absent",
            "tests.blocks.plugins.newer",
        ]
    )
    logging.disable(logging.NOTSET)
    yield
    for block_id in (GOOD, WORKS):
        registry._specs.pop(block_id)
    registry._broken.clear()


def reason(source: str) -> str:
    return next(broken.reason for broken in registry.broken() if broken.source == f"tests.blocks.plugins.{source}")


def test_a_named_module_is_loaded() -> None:
    spec = registry.get(GOOD)
    assert spec is not None
    assert spec.name == "GoodBlock"
    assert spec in registry.all_specs()


def test_a_broken_module_is_noted_and_its_neighbours_work() -> None:
    assert reason("mixed.fails") == "ImportError: no module named bicycle"
    assert reason("mixed.exits") == "SystemExit: not with me"
    assert reason("newer").startswith("UnfitPlugin: it was written for version 99 of the block API")
    assert reason("mixed.baffling") == "BafflingError: <BafflingError>"
    assert registry.get(WORKS) is not None


def test_a_module_that_does_not_exist_is_noted() -> None:
    assert "absent" in reason("absent")


def test_a_class_that_cannot_be_a_block_is_noted() -> None:
    assert "id must be a text of 36 characters" in reason("mixed.nameless")


def test_the_first_block_keeps_an_id_that_is_used_twice() -> None:
    assert "belongs to GoodBlock already" in reason("mixed.twin.TwinBlock")


def test_loading_again_changes_nothing() -> None:
    before = (registry.all_specs(), registry.broken())
    registry.load([f"tests.blocks.plugins.{name}" for name in ("good", "mixed", "absent", "newer")])
    assert (registry.all_specs(), registry.broken()) == before


def test_an_unknown_id_is_no_block() -> None:
    assert registry.get("00000000-0000-4000-8000-00000000dead") is None
    assert registry.get("") is None


def test_an_old_id_leads_to_the_block_of_today() -> None:
    today = registry.canonical_id("b2g2c3d4-5e6f-7g8h-9i0j-k1l2m3n4o5p6")
    spec = registry.get(today)
    assert spec is not None
    assert spec.name == "FindInDictionaryBlock"
    assert registry.canonical_id(GOOD) == GOOD


@pytest.mark.parametrize("today", sorted(set(registry._RENAMED.values())))
def test_every_old_id_leads_to_a_known_block(today: str) -> None:
    assert registry.get(today) is not None


def test_threads_that_ask_at_once_all_get_the_block() -> None:
    registry._ready.clear()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(registry.get, [GOOD] * 32))
    assert all(spec is not None and spec.name == "GoodBlock" for spec in found)
