"""docs/how-to/first-agent.md does what it says."""

import json
import re
import shlex
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import User
from executions import detail
from executions.console.report import result
from executions.models import GraphExecution
from tests.executions.commands import ROOT, said
from tests.executions.driver import Driver

PAGE = (ROOT / "docs" / "how-to" / "first-agent.md").read_text()
BLOCKS: dict[str, list[str]] = {
    kind: re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) for kind in ("json", "sh", "text")
}


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: User) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    Path("greetings.json").write_text(BLOCKS["json"][0])
    return dict(json.loads(BLOCKS["json"][0]))


def test_the_agent_of_the_page_greets_as_printed(agent: dict[str, Any], drive: Driver) -> None:
    _, *words = shlex.split(BLOCKS["sh"][0])
    run = GraphExecution.objects.get(pk=said(*words, "--no-wait").strip())
    assert "\n".join(result(drive(run))).endswith(BLOCKS["text"][0].strip())
    run = GraphExecution.objects.get(pk=said(*words, "--input", "Word=Moin", "--no-wait").strip())
    assert detail.outputs(drive(run)) == {"Greeting": ["Moin, Ada!", "Moin, Grace!"]}


def test_the_agent_without_its_format_is_refused_as_printed(agent: dict[str, Any]) -> None:
    del agent["nodes"][3]["input_default"]
    Path("greetings.json").write_text(json.dumps(agent))
    err = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("run_graph", "greetings.json", stderr=err)
    assert end.value.code == 2
    printed, answer = (re.sub(r"\(\S{36}\)", "(ID)", text) for text in (BLOCKS["text"][1], err.getvalue()))
    assert answer.endswith(printed)


def test_the_agent_without_names_completes_and_greets_nobody(agent: dict[str, Any], drive: Driver) -> None:
    run = drive(GraphExecution.objects.get(pk=said("run_graph", "greetings.json", "--no-wait").strip()))
    assert (run.status, detail.outputs(run)) == ("COMPLETED", {})
    assert run.warnings
