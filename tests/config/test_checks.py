import subprocess
import sys

import pytest
from pytest_django import Settings

from config import checks
from tests import stack


def ids() -> list[str | None]:
    return [message.id for message in checks.settings_fit_together()]


def test_the_defaults_fit_together() -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("FILE_BYTES", 1024, "config.E001"),
        ("CELERY_TASK_TIME_LIMIT", 6 * 3600, "config.E002"),
        ("STOP_GRACE", 60.0, "config.E003"),
    ],
)
def test_settings_that_contradict_each_other_are_found(settings: Settings, name: str, value: float, found: str) -> None:
    setattr(settings, name, value)
    assert ids() == [found]


def test_the_blocks_of_the_installation_are_all_there() -> None:
    assert checks.plug_ins_are_loaded() == []


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)  # no transaction is open in which beat would have to wait
@pytest.mark.parametrize("command", [("worker", "-Q", "io"), ("beat", "--pidfile=")], ids=["worker", "beat"])
def test_workers_and_beat_do_not_begin_with_settings_that_do_not_fit(command: tuple[str, ...]) -> None:
    words = [sys.executable, "-m", "celery", "-A", "config", *command]
    environment = stack.environment() | {"PETIOLE_STOP_GRACE": "60"}
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    assert "PETIOLE_STOP_GRACE must not be longer than PETIOLE_STOP_WAIT" in ended.stderr
