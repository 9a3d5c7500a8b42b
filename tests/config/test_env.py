from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import databases, env, logs, storages


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "KNOWN", {})


def test_a_variable_without_default_must_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PETIOLE_TEST", raising=False)
    with pytest.raises(ImproperlyConfigured, match="PETIOLE_TEST is not set, and there is no default for it"):
        env.read("PETIOLE_TEST", str)


def test_a_blank_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PETIOLE_TEST", "  ")
    assert env.read("PETIOLE_TEST", env.whole(), default=7) == 7


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (env.boolean, "Yes", True),
        (env.boolean, "off", False),
        (env.whole(least=1, most=3), "3", 3),
        (env.seconds, "0.5", 0.5),
        (env.names, " a, b ,,c ", ["a", "b", "c"]),
        (env.url("redis", "unix"), "unix:///tmp/s", "unix:///tmp/s"),
        (env.folder, "/tmp/../tmp", Path("/tmp").resolve()),
        (logs.level, "debug", "DEBUG"),
        (storages.entry, '{"BACKEND": "a.B", "OPTIONS": {"c": 1}}', {"BACKEND": "a.B", "OPTIONS": {"c": 1}}),
    ],
)
def test_values_are_typed(monkeypatch: pytest.MonkeyPatch, parse: object, text: str, value: object) -> None:
    monkeypatch.setenv("PETIOLE_TEST", text)
    assert env.read("PETIOLE_TEST", parse) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parse", "text", "sentence"),
    [
        (env.boolean, "maybe", "PETIOLE_TEST='maybe': use true or false"),
        (env.whole(least=1, most=3), "4", "PETIOLE_TEST='4': use a whole number, from 1 to 3"),
        (env.whole(), "1.5", "PETIOLE_TEST='1.5': use a whole number, at least 0"),
        (env.seconds, "-1", "PETIOLE_TEST='-1': use a number of seconds that is not negative"),
        (env.seconds, "nan", "PETIOLE_TEST='nan': use a number of seconds that is not negative"),
        (env.url("redis"), "http://x", "PETIOLE_TEST='http://x': use a URL that starts with redis://"),
        (logs.level, "loud", "PETIOLE_TEST='loud': use DEBUG, INFO, WARNING, ERROR or CRITICAL"),
        (
            storages.entry,
            '{"BACKEND": 1}',
            "PETIOLE_TEST='{\"BACKEND\": 1}': use an object such as " + storages.EXAMPLE,
        ),
        (
            databases.postgresql,
            "mysql://x/y",
            "PETIOLE_TEST='mysql://x/y': use postgresql://USER:PASSWORD@HOST:PORT/NAME",
        ),
    ],
)
def test_a_bad_value_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, parse: object, text: str, sentence: str
) -> None:
    monkeypatch.setenv("PETIOLE_TEST", text)
    with pytest.raises(ImproperlyConfigured) as wrong:
        env.read("PETIOLE_TEST", parse)  # type: ignore[arg-type]
    assert str(wrong.value) == sentence


def test_errors_show_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PETIOLE_TEST", "mysql://ada:secret@host/name")
    with pytest.raises(ImproperlyConfigured) as wrong:
        env.read("PETIOLE_TEST", databases.postgresql)
    assert "secret" not in str(wrong.value)
    assert "mysql://...@host/name" in str(wrong.value)


@pytest.mark.parametrize("text", ['{"OPTIONS": {"secret_key": "s3cret"}}', "s3cret", '"s3cret"', "[]"])
def test_a_storage_that_is_none_is_refused_without_its_keys(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PETIOLE_FILE_STORAGE", text)
    with pytest.raises(ImproperlyConfigured, match=r"PETIOLE_FILE_STORAGE=\.\.\.: use (JSON|an object)") as wrong:
        env.read("PETIOLE_FILE_STORAGE", storages.entry)
    assert "s3cret" not in str(wrong.value)
