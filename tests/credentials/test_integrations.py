"""The file of integrations: what is wrong with it is said at the start, without its secrets."""

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Error
from pytest_django import Settings

from credentials import integrations
from credentials.checks import integrations_can_be_read
from credentials.errors import IntegrationsInvalid
from tests.credentials.conftest import Installed

PROVIDER = {
    "client_id": "us",
    "client_secret": "cs-planted",
    "authorize_url": "https://p.example/authorize",
    "token_url": "https://p.example/token",
    "redirect_url": "https://petiole.example/back",
}


def test_without_a_file_there_are_none(settings: Settings) -> None:
    settings.INTEGRATIONS = None
    assert integrations_can_be_read() == []
    assert integrations.current().credentials == {}


def test_what_is_read_does_not_show_its_secrets(installed: Installed) -> None:
    key = {"type": "api_key", "api_key": "sk-planted", "provider": "openai"}
    installed({"credentials": {"team": key}, "oauth": {"github": PROVIDER}})
    read = integrations.current()
    assert read.credentials["system:team"].provider == "openai"
    assert read.providers["github"].token_url == "https://p.example/token"
    assert "planted" not in repr(read)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([], "must be"),
        ({"keys": {}}, "must be"),
        ({"credentials": []}, "must be"),
        ({"credentials": {"a": "sk-planted"}}, "must be"),
        ({"credentials": {"a": {"type": "api_key"}}}, "credentials.a: api_key: This field is required"),
        ({"credentials": {"a": {"type": "planted"}}}, "credentials.a: type: Write one of"),
        ({"credentials": {"a": {"type": "api_key", "api_key": "x", "max_concurrency": 0}}}, "max_concurrency"),
        ({"oauth": {"a": {}}}, "oauth.a: client_id: is required"),
        ({"oauth": {"a": PROVIDER | {"token_url": "ftp://planted"}}}, r"token_url: write an http\(s\) URL"),
        ({"oauth": {"a": PROVIDER | {"auth_method": "planted"}}}, "auth_method: write one of"),
        ({"oauth": {"a": PROVIDER | {"scopes": "repo"}}}, "scopes: write a list"),
        ({"oauth": {"a": PROVIDER | {"colour": "planted"}}}, "colour: there is no such setting"),
    ],
)
def test_what_is_wrong_is_named_without_secrets(installed: Installed, content: Any, problem: str) -> None:
    installed(content)
    with pytest.raises(IntegrationsInvalid, match=problem) as refused:
        integrations.current()
    assert "planted" not in str(refused.value)
    [told] = integrations_can_be_read()
    assert isinstance(told, Error)


@pytest.mark.parametrize("text", ["{'planted': 1", '\x00{"a": planted}'])
def test_what_is_not_json_is_not_quoted(settings: Settings, tmp_path: Path, text: str) -> None:
    settings.INTEGRATIONS = tmp_path / "integrations.json"
    settings.INTEGRATIONS.write_text(text)
    with pytest.raises(IntegrationsInvalid, match="is not JSON") as refused:
        integrations.current()
    assert "planted" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(settings: Settings, tmp_path: Path) -> None:
    settings.INTEGRATIONS = tmp_path / "none.json"
    with pytest.raises(IntegrationsInvalid, match=r"none.json cannot be read: No such file"):
        integrations.current()
