"""A file as input of a graph."""

from pathlib import Path

from blocks.library.agent_file_input import AgentFileInputBlock
from blocks.sdk import Context, describe
from blocks.sdk.cases import call

SPEC = describe(AgentFileInputBlock)


def test_a_file_is_stored_in_the_folder_of_the_run(tmp_path: Path) -> None:
    ((name, stored),) = call(SPEC, {"name": "n", "value": "data:text/plain;base64,aGk="}, Context(files=tmp_path))
    assert name == "result"
    assert (tmp_path / stored).read_text() == "hi"


def test_the_content_is_emitted_on_request(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hi")
    data = {"name": "n", "value": "a.txt", "base_64": True}
    assert call(SPEC, data, Context(files=tmp_path)) == [("result", "data:text/plain;base64,aGk=")]
