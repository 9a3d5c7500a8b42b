import json
import logging
import logging.config
from collections.abc import Iterator

import pytest

from config import logs


@pytest.fixture
def record() -> Iterator[logging.LogRecord]:
    try:
        raise ValueError("too late")
    except ValueError as wrong:
        facts = {
            "msg": "run %s",
            "args": ("7",),
            "levelno": 40,
            "levelname": "ERROR",
            "name": "executions",
            "node": "n1",
        }
        made = logging.makeLogRecord(facts | {"exc_info": (ValueError, wrong, wrong.__traceback__)})
        yield made


def test_production_writes_one_json_object_a_line(record: logging.LogRecord) -> None:
    line = logs.Line(as_json=True).format(record)
    assert "\n" not in line
    said = json.loads(line)
    assert (said["event"], said["level"], said["logger"], said["node"]) == ("run 7", "error", "executions", "n1")
    assert said["exception"][0]["exc_value"] == "too late"
    assert said["timestamp"].endswith("Z")


def test_a_person_reads_text(record: logging.LogRecord) -> None:
    line = logs.Line(as_json=False).format(record)
    assert "run 7" in line
    assert "ValueError: too late" in line
    assert not line.startswith("{")


def test_values_of_local_variables_are_never_logged() -> None:
    secret = "sk-" + "1234567890"
    try:
        raise ValueError(len(secret))
    except ValueError as wrong:
        info = (ValueError, wrong, wrong.__traceback__)
    record = logging.makeLogRecord({"msg": "failed", "levelname": "ERROR", "exc_info": info})
    for as_json in (True, False):
        assert secret not in logs.Line(as_json=as_json).format(record)


def test_the_configuration_is_one_that_logging_takes() -> None:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        logging.config.dictConfig(logs.configuration(level="WARNING", as_json=True))
        assert logging.getLogger().level == logging.WARNING
    finally:
        logging.getLogger().handlers, logging.getLogger().level = before
