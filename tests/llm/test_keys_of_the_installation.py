"""A local model server for everybody: nodes without a credential use the key of the installation."""

import json
from pathlib import Path

import pytest

from accounts.models import User
from blocks.library.ai_text_generator import AITextGeneratorBlock
from tests import stack
from tests.executions.commands import ended
from tests.graphs_for_tests import IDS
from tests.llm.model_server import speaking

AGENT = {
    "name": "Greeter",
    "nodes": [
        {"id": "m", "block_id": AITextGeneratorBlock.id, "input_default": {"prompt": "Greet Ada"}},
        {"id": "out", "block_id": IDS["AgentOutput"], "input_default": {"name": "a"}},
    ],
    "links": [{"source_id": "m", "source_name": "response", "sink_id": "out", "sink_name": "value"}],
}


@pytest.fixture
def agent(tmp_path: Path) -> str:
    file = tmp_path / "greeter.json"
    file.write_text(json.dumps(AGENT))
    return str(file)


@pytest.mark.django_db(transaction=True)
def test_without_such_a_key_a_node_needs_a_credential(user: User, agent: str) -> None:
    status, _, err = ended("run_graph", agent)
    assert status == 2
    assert "credentials" in err


@pytest.mark.worker
@pytest.mark.usefixtures("broker")
@pytest.mark.django_db(transaction=True)
def test_a_node_without_a_credential_uses_it(user: User, agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking("Hello Ada") as server:
        monkeypatch.setenv("PETIOLE_SERVICE_URLS", f"*={server.url}")
        monkeypatch.setenv("PETIOLE_MODEL_KEYS", "*=key-of-the-house")
        monkeypatch.setenv("PETIOLE_OUTBOUND_ALLOW", server.url.split("/")[2])
        with stack.worker():
            status, out, err = ended("run_graph", agent)
    assert (status, err) == (0, "")
    assert json.loads(out.partition("Outputs:\n")[2]) == {"a": ["Hello Ada"]}
    assert server.headers[0]["authorization"] == "Bearer key-of-the-house"
