"""Credentials as blocks receive them: by keyword, and never shown by accident."""

import json
import pickle
from typing import Any

import pytest

from blocks.sdk import (
    APIKey,
    Block,
    BlockInput,
    BlockOutput,
    Case,
    Context,
    Credential,
    Credentials,
    CredentialsReference,
    Emissions,
    Field,
    HostScoped,
    OAuth2,
    UserPassword,
    describe,
    run_case,
    to_json,
)

SECRET = "sk-planted-5f1d"
ALL: list[Credential] = [
    APIKey.model_validate({"id": "1", "provider": "openai", "api_key": SECRET}),
    OAuth2.model_validate({"access_token": SECRET, "refresh_token": SECRET, "scopes": ["repo"], "username": "ada"}),
    UserPassword.model_validate({"username": "ada", "password": SECRET}),
    HostScoped.model_validate({"host": "api.example.com", "headers": {"X-Key": SECRET}}),
]


class KeyedBlock(Block):
    """Says what it was given."""

    id = "11111111-0000-4000-8000-0000000000c1"

    class Input(BlockInput):
        credentials: CredentialsReference = Credentials(providers=["openai"], types=["api_key"])
        other_credentials: CredentialsReference | None = Credentials(
            providers=["http"], types=["host_scoped"], optional=True
        )

    class Output(BlockOutput):
        out: Any = Field()

    def run(
        self, data: Input, context: Context, *, credentials: APIKey, other_credentials: HostScoped | None
    ) -> Emissions:
        yield "out", [credentials.api_key.get_secret_value(), other_credentials is None]


@pytest.mark.parametrize("credential", ALL, ids=lambda credential: credential.kind)
def test_no_way_of_showing_a_credential_shows_its_secret(credential: Credential) -> None:
    shown = [
        repr(credential),
        str(credential),
        f"{credential}",
        json.dumps(to_json(credential)),
        credential.model_dump_json(),
    ]
    assert SECRET not in " ".join(shown)
    assert SECRET in list(credential.secrets())


def test_a_credential_that_does_not_fit_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="api_key") as refused:
        APIKey.model_validate({"api_key": [SECRET]})
    assert SECRET not in str(refused.value)


def test_a_credential_cannot_be_changed_and_travels_between_processes() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(ALL[0], "title", "x")  # noqa: B010 - a type checker refuses it otherwise
    assert pickle.loads(pickle.dumps(ALL[0])) == ALL[0]


def test_a_block_receives_a_keyword_for_each_pin_and_none_for_what_nobody_chose() -> None:
    spec = describe(KeyedBlock)
    case = Case({}, [("out", [SECRET, True])], credentials={"credentials": ALL[0]})
    assert run_case(spec, case) is None


def test_each_kind_makes_the_headers_of_a_request() -> None:
    assert ALL[0].auth_headers() == ALL[1].auth_headers() == {"Authorization": f"Bearer {SECRET}"}
    assert ALL[2].auth_headers() == {"Authorization": "Basic YWRhOnNrLXBsYW50ZWQtNWYxZA=="}
    assert ALL[3].auth_headers() == {"X-Key": SECRET}


def test_the_encoded_form_of_a_password_is_a_secret_too() -> None:
    assert "YWRhOnNrLXBsYW50ZWQtNWYxZA==" in list(ALL[2].secrets())


@pytest.mark.parametrize(
    ("host", "url", "fits"),
    [
        ("api.example.com", "https://api.example.com/v1", True),
        ("api.example.com", "http://API.example.com./v1", True),
        ("api.example.com", "https://api.example.com:443/", True),
        ("api.example.com", "https://api.example.com:8443/", False),
        ("api.example.com:8443", "https://api.example.com:8443/", True),
        ("api.example.com:8443", "https://api.example.com/", False),
        ("api.example.com", "https://example.com/", False),
        ("example.com", "https://api.example.com/", False),
        ("*.example.com", "https://api.example.com/", True),
        ("*.example.com", "https://a.b.Example.com/", True),
        ("*.example.com", "https://example.com/", True),
        ("*.example.com", "https://evil-example.com/", False),
        ("*.example.com", "https://example.com.evil.org/", False),
        ("api.example.com", "https://api.example.com@evil.org/", False),
        ("api.example.com", "https://evil.org\\@api.example.com/", False),
        ("api.example.com", "https://evil.org/#@api.example.com", False),
        ("api.example.com", "ftp://api.example.com/", False),
        ("api.example.com", "api.example.com", False),
        ("api.example.com", "https://[broken/", False),
        ("api.example.com", "https://api.example.com:port/", False),
        ("*", "https://api.example.com/", False),
        ("", "https:///path", False),
        ("[::1]:8080", "http://[::1]:8080/", True),
    ],
)
def test_headers_of_a_host_go_to_that_host_alone(host: str, url: str, fits: bool) -> None:  # noqa: FBT001 - of the table
    assert HostScoped(host=host).matches(url) is fits
