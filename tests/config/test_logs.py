import json
import logging
import logging.config
import subprocess
import sys
from collections.abc import Iterator

import pytest

from config import logs
from executions import logfields


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


def test_a_line_says_what_it_is_about_in_both_forms() -> None:
    record = logging.makeLogRecord({"msg": "done", "levelname": "INFO", "name": "executions"})
    with logfields.about(run="r-1", block="EchoBlock"):
        assert (
            json.loads(logs.Line(as_json=True).format(record)).items() >= {"run": "r-1", "block": "EchoBlock"}.items()
        )
        assert "run=r-1" in logs.Line(as_json=False).format(record)


def test_a_long_message_loses_its_middle() -> None:
    record = logging.makeLogRecord({"msg": "a" * 5000 + "end", "levelname": "INFO", "name": "executions"})
    said = json.loads(logs.Line(as_json=True).format(record))["event"]
    assert len(said) < 1100
    assert said.startswith("aaa")
    assert said.endswith("… 4003 characters … " + "a" * 497 + "end")


def test_a_command_that_logs_nothing_does_not_import_what_writes_lines_or_counts() -> None:
    code = "import django, sys; django.setup(); print({'structlog', 'prometheus_client'} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"
