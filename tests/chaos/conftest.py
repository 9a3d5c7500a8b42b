import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from blocks import registry
from config.chaos.graphs import Stored, stored
from executions import hints, services
from executions.models import GraphExecution
from graphs.models import GraphVersion
from tests.executions.driver import Driver


@pytest.fixture(scope="session")
def chaos_blocks() -> Iterator[None]:
    """Other tests see the blocks of the tests alone."""
    before = set(registry._specs)
    registry.load(["config.chaos.blocks"])
    yield
    for block_id in set(registry._specs) - before:
        registry._specs.pop(block_id)
    registry._loaded.discard("config.chaos.blocks")


@pytest.fixture
def effects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where blocks leave their traces."""
    monkeypatch.setitem(os.environ, "PETIOLE_STATE", str(tmp_path))
    return tmp_path


@pytest.fixture
def graphs(user: User, chaos_blocks: None, effects: Path) -> dict[str, Stored]:
    """Every kind of graph, by name."""
    return stored(user)


class Play:
    """Runs kinds of graphs from beginning to end, in this process."""

    def __init__(self, user: User, graphs: Mapping[str, Stored]) -> None:
        self.user = user
        self.graphs = graphs
        self.driver = Driver()

    def __call__(self, kind: str, **inputs: Any) -> GraphExecution:
        version = GraphVersion.objects.get(pk=self.graphs[kind].version_id)
        run = self.driver(services.start(user=self.user, version=version, inputs=inputs))
        return GraphExecution.objects.select_related("graph_version").get(pk=run.pk)


@pytest.fixture
def play(user: User, graphs: dict[str, Stored], transactional_db: None, settings: Settings) -> Iterator[Play]:
    settings.CREDITS = True
    before = hints.send()
    playing = Play(user, graphs)
    hints.use(playing.driver)
    yield playing
    hints.use(before)
