"""Agent files of every era, files that lie, and the way out and back in again."""

import json
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from blocks.library.agent_executor import AgentExecutorBlock
from blocks.library.agent_input import AgentInputBlock
from blocks.library.store_value import StoreValueBlock
from graphs import services
from graphs.documents import document
from graphs.errors import GraphInvalid, GraphValidationError
from graphs.importing import Imported, import_document, import_file
from graphs.models import GraphVersion
from tests.conformance_blocks.echo import EchoBlock
from tests.graphs.bodies import graph, node

FILES = Path(__file__).parent / "files"


def imported(user: User, name: str) -> Imported:
    return import_file(user, (FILES / f"{name}.json").read_bytes())


def constants(version: GraphVersion, position: int) -> dict[str, Any]:
    return dict(version.nodes.get(position=position).input_default)


def pins(version: GraphVersion) -> list[tuple[str, str]]:
    return list(version.links.order_by("position").values_list("source_name", "sink_name"))


# -- 2024


def test_block_ids_of_2024_are_replaced(user: User) -> None:
    blocks = imported(user, "era_2024").version.nodes.order_by("position").values_list("block_id", flat=True)
    assert [block_id[:8] for block_id in blocks] == [
        *("f66a3543", "e30a4d42", "b29c1b50", "32a87eab", "df06086a", "1ff065e9", "6595ae1f", "cc10ff7b")
    ]


def test_pins_of_2024_are_replaced_and_links_of_secrets_removed(user: User) -> None:
    found = imported(user, "era_2024")
    assert pins(found.version) == [("item", "input_$_0"), ("key", "trigger"), ("output", "trigger")]
    assert constants(found.version, 1) == {"input_$_1": " said"}
    assert any("discord_bot_token was removed" in warning for warning in found.warnings)


def test_the_link_of_a_static_output_becomes_static_where_the_file_does_not_say(user: User) -> None:
    version = imported(user, "era_2024").version
    assert list(version.links.order_by("position").values_list("is_static", flat=True)) == [False, False, True]


def test_constants_of_2024_keep_their_meaning(user: User) -> None:
    version = imported(user, "era_2024").version
    assert constants(version, 2)["format_type"]["format"] == "%d.%m."
    assert constants(version, 6) == {"url": "https://example.test/", "json_format": False}


def test_secrets_and_withdrawn_models_are_taken_out_and_told(user: User) -> None:
    found = imported(user, "era_2024")
    assert "key-in-plain-text" not in json.dumps(document(found.version))
    assert constants(found.version, 3)["model"] != "model-of-2023"
    assert any("api_key was taken out" in warning for warning in found.warnings)
    assert any("'model-of-2023' is unknown here" in warning for warning in found.warnings)


# -- 2025


def test_an_older_sub_agent_keeps_its_stored_inputs_and_calls_the_graph_of_its_file(user: User) -> None:
    found = imported(user, "era_2025_early")
    child = services.sub_versions(found.version)[0]
    stored = constants(found.version, 1)
    assert stored["inputs"] == {"q": "stored"}
    assert "data" not in stored
    assert (stored["graph_id"], stored["user_id"]) == (str(child.graph_id), str(user.pk))
    assert found.warnings == []


def test_a_graph_of_early_2025_is_ready_to_run(user: User) -> None:
    version = imported(user, "era_2025_early").version
    services.check_start(version, inputs={"topic": "x"}, masks={}, credentials_inputs={})


def test_sub_agents_find_graphs_that_got_other_ids(user: User) -> None:
    found = imported(user, "era_2025_late")
    names = {str(sub.graph_id): sub.name for sub in services.sub_versions(found.version)}
    called = [names.get(constants(found.version, position)["graph_id"]) for position in (1, 2, 3, 4)]
    assert called == ["Louder", "Louder still", "Whisper", None]
    assert [warning for warning in found.warnings if "'Nowhere' of 'Two callers' is missing" in warning]


def test_copies_of_a_sub_graph_are_stored_once(user: User) -> None:
    imported(user, "era_2025_late")
    assert sorted(GraphVersion.objects.values_list("name", flat=True)) == [
        *("Louder", "Louder still", "Two callers", "Whisper")
    ]


def test_what_the_author_tells_comes_with_the_graph(user: User) -> None:
    found = imported(user, "era_2025_late")
    version = found.version
    assert (version.instructions, version.recommended_schedule_cron) == ("Give it a word.", "0 9 * * tue")
    assert [warning for warning in found.warnings if "Monday = 0" in warning]
    assert (version.version, version.graph.active_version) == (1, 1)


# -- 2026


def test_copies_of_schemas_that_were_left_out_are_made(user: User) -> None:
    version = imported(user, "era_2026").version
    assert list(constants(version, 1)["input_schema"]["properties"]) == ["word"]
    assert version.links.get(position=0).is_static


def test_credentials_of_the_author_are_taken_out(user: User) -> None:
    found = imported(user, "era_2026")
    assert constants(found.version, 2) == {}
    assert any("credentials was taken out" in warning for warning in found.warnings)


def test_an_unknown_block_is_kept_and_its_runs_are_refused(user: User) -> None:
    found = imported(user, "era_2026")
    assert constants(found.version, 3) == {"anything": [1, 2]}
    assert "Cannot run yet: 1 node of the unknown block 12345678-0000-4000-8000-00000000f00d." in found.warnings
    with pytest.raises(GraphInvalid, match="Invalid block 12345678-0000"):
        services.check_start(found.version, inputs={}, masks={}, credentials_inputs={})


def test_a_graph_of_blocks_that_are_not_installed_says_so_when_run(user: User) -> None:
    body = graph([node("a", StoreValueBlock, {"input": 1}), {"id": "b", "block_id": GMAIL, "input_default": {}}])
    with pytest.raises(GraphValidationError) as caught:
        services.check_start(import_document(user, body).version, inputs={}, masks={}, credentials_inputs={})
    told = next(iter(caught.value.node_errors.values()))
    assert "not part of this installation" in told["block_id"]
    assert told["credentials"] == "These credentials are required"


GMAIL = "6c27abc2-e51d-499e-a85f-5a0041ba94f0"


@pytest.mark.parametrize(
    "links",
    [["a.nope -> a.x"], ["a.out -> a.nope"]],
)
def test_links_of_pins_that_are_gone_are_kept_and_runs_refused(user: User, links: list[str]) -> None:
    found = import_document(user, graph([node("a", EchoBlock, {"x": 1}), node("b", EchoBlock, {"x": 1})], links))
    assert any("nope" in warning for warning in found.warnings)
    with pytest.raises(GraphInvalid, match="Allowed fields"):
        services.check_start(found.version, inputs={}, masks={}, credentials_inputs={})


def test_a_sub_agent_of_the_same_installation_still_finds_its_graph(user: User) -> None:
    child = services.create(user, graph([node("i", AgentInputBlock, {"name": "q"})]))
    call = {"graph_id": str(child.graph_id), "graph_version": 1, "inputs": {}, "input_schema": {}, "output_schema": {}}
    found = import_document(user, graph([node("s", AgentExecutorBlock, call)]))
    assert (services.sub_versions(found.version), found.warnings) == ([child], [])


def test_the_body_of_a_request_is_a_file_too(user: User) -> None:
    text = json.dumps({"graph": graph([node("a", EchoBlock, {"x": 1})])})
    assert import_file(user, text).version.nodes.count() == 1
