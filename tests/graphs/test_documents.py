from typing import Any

from graphs.documents import derived
from graphs.view import of_body
from tests.graphs import specs
from tests.graphs.bodies import body, node
from tests.graphs.specs import spec_of


def facts(*nodes: dict[str, Any]) -> dict[str, Any]:
    return derived(of_body(body(nodes), spec_of).nodes.values())


def test_a_plain_graph_waits_for_nobody() -> None:
    told = facts(node("a", specs.EchoBlock), node("b", specs.InBlock, {"name": "q"}))
    assert (told["has_external_trigger"], told["has_human_in_the_loop"], told["has_sensitive_action"]) == (False,) * 3
    assert told["trigger_setup_info"] is None


def test_a_graph_with_a_person_or_a_sensitive_action_says_so() -> None:
    told = facts(node("a", specs.ReviewBlock))
    assert (told["has_human_in_the_loop"], told["has_sensitive_action"]) == (True, True)


def test_a_graph_that_is_started_from_outside_says_what_has_to_be_set_up() -> None:
    told = facts(node("a", specs.HookBlock))
    assert told["has_external_trigger"]
    assert told["trigger_setup_info"]["provider"] == "github"
    assert told["trigger_setup_info"]["credentials_input_name"] == "github_api_key_credentials"
    assert list(told["trigger_setup_info"]["config_schema"]["properties"]) == ["payload"]


def test_nodes_of_unknown_blocks_say_nothing() -> None:
    assert facts({"id": "a", "block_id": "unknown"}) == facts()
