import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from executions import hints
from tests.executions.commands import QUESTION
from tests.executions.driver import Driver


@pytest.fixture
def drive(transactional_db: None, settings: Settings) -> Iterator[Driver]:
    """The engine without workers: see tests.executions.driver. The sweep finds at once what was lost."""
    settings.SWEEP_SECONDS = settings.REPUBLISH_SECONDS = 0
    before = hints.send()
    driver = Driver()
    hints.use(driver)
    yield driver
    hints.use(before)


@pytest.fixture
def question(tmp_path: Path) -> str:
    """An agent file: it answers with what it is asked."""
    file = tmp_path / "question.json"
    file.write_text(json.dumps(QUESTION))
    return str(file)
