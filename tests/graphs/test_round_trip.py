"""The way out of the house and back in again loses nothing."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import User
from blocks.library.agent_executor import AgentExecutorBlock
from blocks.library.agent_input import AgentInputBlock
from blocks.library.agent_output import AgentOutputBlock
from blocks.library.store_value import StoreValueBlock
from graphs.documents import document
from graphs.exporting import export
from graphs.importing import Imported, import_document, import_file
from graphs.models import GraphVersion
from tests.conformance_blocks.echo import EchoBlock, PairBlock
from tests.graphs.bodies import graph, node

FILES = Path(__file__).parent / "files"
SAMPLES = Path(os.environ.get("PETIOLE_SAMPLES") or Path(__file__).parents[3] / "shared" / "samples")


def imported(user: User, name: str) -> Imported:
    return import_file(user, (FILES / f"{name}.json").read_bytes())


CALL = {"graph_id": "g", "graph_version": 1, "input_schema": {}, "output_schema": {}}


def without_ids(exported: dict[str, Any]) -> Any:
    """The document with every id replaced by the place where it first stands, and without what a new graph has anew."""
    text = json.dumps(exported)
    graphs = [exported, *exported["sub_graphs"]]
    ids = [one["id"] for one in graphs]
    ids += [node["id"] for one in graphs for node in one["nodes"]] + [
        link["id"] for one in graphs for link in one["links"]
    ]
    for place, one in enumerate(ids):
        text = text.replace(f'"{one}"', f'"#{place}"')
    plain = json.loads(text)
    plain.pop("created_at")
    return plain


def round_trip(user: User, version: GraphVersion) -> tuple[Any, Any]:
    first = export(version)
    again = import_file(user, json.dumps(first))
    return without_ids(first), without_ids(export(again.version))


@pytest.mark.parametrize("name", ["era_2024", "era_2025_early", "era_2025_late", "era_2026"])
def test_an_imported_graph_survives_export_and_import(user: User, name: str) -> None:
    before, after = round_trip(user, imported(user, name).version)
    assert before == after


VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)

CONSTANTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=3)


@st.composite
def graphs(draw: Callable[..., Any], children: tuple[str, ...] = ()) -> dict[str, Any]:
    plain = st.sampled_from([EchoBlock, PairBlock, StoreValueBlock])
    nodes = [
        node(
            f"n{place}", draw(plain), draw(st.dictionaries(st.text(max_size=5), VALUES, max_size=3)), note=draw(VALUES)
        )
        for place in range(draw(st.integers(1, 4)))
    ]
    nodes += [node("in", AgentInputBlock, {"name": draw(st.sampled_from(["q", "a b", "ü"])), "value": draw(VALUES)})]
    nodes += [node("out", AgentOutputBlock, {"name": "r"})]
    nodes += [node(f"call {one}", AgentExecutorBlock, {**CALL, "graph_id": one}) for one in children]
    ends = st.integers(0, len(nodes) - len(children) - 3)
    links = [f"n{draw(ends)}.error -> out.value" for _ in range(draw(st.integers(0, 4)))]
    return graph(nodes, links, name=draw(st.text(min_size=1, max_size=9).filter(_is_name)), id=draw(st.uuids()).hex)


def _is_name(text: str) -> bool:
    return "\0" not in text


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_graph_survives_export_and_import(user: User, data: Any) -> None:
    parts = [data.draw(graphs()) for _ in range(data.draw(st.integers(0, 2)))]
    whole = data.draw(graphs(tuple(part["id"] for part in parts)))
    before, after = round_trip(user, import_document(user, {**whole, "sub_graphs": parts}).version)
    assert before == after


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="PETIOLE_SAMPLES names no folder")
def test_sample_files_import_as_their_authors_saw_them(user: User) -> None:
    for file in sorted(SAMPLES.glob("*.json")):
        stated = json.loads(file.read_text())
        got = document(import_file(user, file.read_bytes()).version)
        for name in ("input_schema", "output_schema", "credentials_input_schema"):
            if name in stated:
                assert list(got[name]["properties"]) == list(stated[name]["properties"]), file.name
                assert set(got[name]["required"]) == set(stated[name]["required"]), file.name
        assert len(got["nodes"]) == len(stated["nodes"])


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="PETIOLE_SAMPLES names no folder")
def test_sample_files_survive_export_and_import(user: User) -> None:
    for file in sorted(SAMPLES.glob("*.json")):
        before, after = round_trip(user, import_file(user, file.read_bytes()).version)
        assert before == after, file.name
