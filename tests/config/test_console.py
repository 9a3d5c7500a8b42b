"""What a person reads when something about the environment is wrong: a sentence, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.installation import ROOT

PRODUCTION = {
    "DATABASE_URL": "postgresql://petiole@127.0.0.1/petiole",
    "REDIS_URL": "redis://127.0.0.1/0",
    "PETIOLE_SECRET_KEY": "a-key-of-more-than-fifty-characters-for-a-check-of-settings-only",
    "PETIOLE_HOSTS": "petiole.example.org",
}


def manage(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.defpath, "HOME": str(folder), "PETIOLE_STATE": str(folder / "state"), **variables}
    command = [sys.executable, str(ROOT / "manage.py"), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_bad_value_stops_every_command_with_a_sentence(tmp_path: Path) -> None:
    ended = manage(tmp_path, "check", PETIOLE_MAX_DEPTH="deep")
    assert ended.returncode == 2
    assert ended.stderr == "PETIOLE_MAX_DEPTH='deep': use a whole number, at least 1\n"


@pytest.mark.parametrize("missing", ["REDIS_URL", "PETIOLE_SECRET_KEY", "PETIOLE_HOSTS"])
def test_production_has_no_default_for_what_must_be_chosen(tmp_path: Path, missing: str) -> None:
    given = {name: value for name, value in PRODUCTION.items() if name != missing}
    ended = manage(tmp_path, "check", **given)
    assert ended.returncode == 2
    assert ended.stderr == f"{missing} is not set, and there is no default for it.\n"


def test_production_settings_pass_the_deployment_check(tmp_path: Path) -> None:
    ended = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_command_that_asks_nothing_of_blocks_and_sends_nothing_does_not_load_what_they_need(tmp_path: Path) -> None:
    code = (
        "import sys; from config.console import main; sys.argv = ['manage.py', 'version']; main();"
        "print(*{'pydantic', 'jinja2', 'redis', 'rest_framework.views', 'executions.admin'} & sys.modules.keys())"
    )
    variables = {"PATH": os.defpath, "PETIOLE_STATE": str(tmp_path / "state")}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=variables, capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.splitlines()[1:] == [""]


def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    away = PRODUCTION | {"DATABASE_URL": "postgresql://petiole@127.0.0.1:9/petiole"}
    ended = manage(tmp_path, "up", "--port", "0", **away)
    assert ended.returncode == 2
    assert "The database does not answer: connection" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_command_without_tables_says_how_to_make_them(tmp_path: Path) -> None:
    ended = manage(tmp_path, "create_token", "ada")
    assert ended.returncode == 2
    assert ended.stderr == "The tables are not up to date. Run `petiole migrate`, or `petiole up`.\n"


def test_a_command_without_a_database_says_so(tmp_path: Path) -> None:
    away = PRODUCTION | {"DATABASE_URL": "postgresql://petiole@127.0.0.1:9/petiole"}
    ended = manage(tmp_path, "create_token", "ada", **away)
    assert ended.returncode == 2
    assert ended.stderr.startswith("The database does not answer: connection")
    assert ended.stderr.count("\n") == 1


def test_a_broker_that_does_not_answer_is_named(tmp_path: Path) -> None:
    ended = manage(tmp_path, "up", "--port", "0", REDIS_URL="redis://127.0.0.1:9/0")
    assert ended.returncode == 2
    assert "The server of REDIS_URL does not answer: " in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("words", [("--port", "70000"), ("--workers-io", "0"), ("--workers-cpu", "many")])
def test_a_number_that_does_not_fit_is_refused(tmp_path: Path, words: tuple[str, str]) -> None:
    ended = manage(tmp_path, "up", *words)
    assert ended.returncode == 2
    assert f"argument {words[0]}: use a number from" in ended.stderr
