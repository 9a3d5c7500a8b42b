"""The quick start is carried out as it is printed, and answers as it is printed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.installation import READY, Installation, eventually
from tests.project.documents import ROOT

README = (ROOT / "README.md").read_text()
STEPS: list[tuple[str, str]] = re.findall(r"```sh\n(.*?)```\n\n```(?:text|json)\n(.*?)```", README, re.DOTALL)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")


def without_what_varies(answer: str) -> str:
    return TIME.sub("TIME", UUID.sub("ID", answer)).strip()


def test_the_page_has_a_command_for_make_and_three_for_curl() -> None:
    assert "\n    make demo\n" in README
    assert "\n    make up\n" in README
    assert sum(step.startswith("curl ") for step, _ in STEPS) == 3
    assert len(re.findall("```sh", README)) == len(STEPS)


@pytest.mark.worker
def test_every_command_of_the_page_answers_as_printed(installation: Installation) -> None:
    installation.up()
    installation.ready()
    found = READY.search(installation.said)
    assert found is not None
    words = {"http://127.0.0.1:8000": f"http://{found[1]}:{found[2]}", ".venv/bin/": f"{Path(sys.executable).parent}/"}
    assigned = ""
    for step, printed in STEPS:
        script = re.sub("|".join(map(re.escape, words)), lambda word: words[word[0]], assigned + step)
        answer = final_answer(installation, script, printed)
        assert without_what_varies(answer) == without_what_varies(printed)
        if identity := UUID.search(answer):
            words["GRAPH_ID" if "Imported" in answer else "RUN_ID"] = identity[0]
        assigned += "".join(f"{line}\n" for line in step.splitlines() if re.match(r"[A-Z]+=", line))
    assert installation.stop() == 0


def final_answer(installation: Installation, script: str, printed: str) -> str:
    """What the command prints; asked again while the page tells of a run that is completed and this one runs."""
    answer = ""

    def final() -> bool:
        nonlocal answer
        answer = carried_out(installation, script)
        return not (printed.startswith("COMPLETED") and answer.startswith(("QUEUED", "RUNNING")))

    eventually(final)
    return answer


def carried_out(installation: Installation, script: str) -> str:
    environment = installation.environment | {
        "PATH": f"{Path(sys.executable).parent}:{installation.environment['PATH']}"
    }
    ended = subprocess.run(
        ["bash", "-euc", script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout
