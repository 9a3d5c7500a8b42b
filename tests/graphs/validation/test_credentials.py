"""Rules of credentials, each by its number in the specification."""

from typing import Any

import pytest

from graphs.validate import CredentialsMeta
from tests.graphs import specs
from tests.graphs.bodies import body, node
from tests.graphs.checks import echo, errors, run, uid


class Store:
    """The credentials of a user."""

    def __init__(self, *stored: CredentialsMeta) -> None:
        self._stored = {meta.id: meta for meta in stored}

    def get(self, credential_id: str) -> CredentialsMeta | None:
        return self._stored.get(credential_id)


class Unreadable:
    def get(self, credential_id: str) -> CredentialsMeta | None:
        raise OSError("the vault is closed")


KEY = {"id": "1", "provider": "github", "type": "api_key"}
STORE = Store(CredentialsMeta("1", "github", "api_key"), CredentialsMeta("2", "openai", "api_key"))


def keyed(key: str, credentials: Any = None, **metadata: Any) -> dict[str, Any]:
    constants = {"x": 1} if credentials is None else {"x": 1, "credentials": credentials}
    return node(key, specs.KeyedBlock, constants, **metadata)


def test_v11_missing_credentials_are_a_field_error() -> None:
    assert errors([keyed("a")]) == {"a": {"credentials": "These credentials are required"}}


@pytest.mark.parametrize(
    "given", ["1", {"id": "1"}, {"id": 1, "provider": "github", "type": "api_key"}, {**KEY, "provider": "google"}, [1]]
)
def test_v12_credentials_of_a_wrong_shape_are_a_field_error(given: Any) -> None:
    assert errors([keyed("a", given)], lookup=STORE)["a"]["credentials"].startswith("Invalid credentials: ")


def test_v13_a_store_that_cannot_be_read_is_a_field_error() -> None:
    found = errors([keyed("a", KEY)], lookup=Unreadable())
    assert found == {"a": {"credentials": "Credentials not available: the vault is closed"}}


def test_v14_credentials_of_somebody_else_are_unknown() -> None:
    assert errors([keyed("a", {**KEY, "id": "9"})], lookup=STORE) == {"a": {"credentials": "Unknown credentials #9"}}


def test_v15_credentials_must_be_of_the_stated_provider_and_type() -> None:
    found = errors([keyed("a", {**KEY, "id": "2"})], lookup=STORE)
    assert found == {"a": {"credentials": "Invalid credentials: type/provider mismatch"}}


def test_v16_a_node_with_optional_credentials_is_skipped_without_them() -> None:
    check = run([keyed("a", credentials_optional=True), echo("b", x=1)])
    assert check.skip == {uid("a")}


def test_v16_the_constant_credential_of_such_a_node_is_ignored_the_one_of_the_run_is_not() -> None:
    nodes = [keyed("a", KEY, credentials_optional=True)]
    assert run(nodes, lookup=STORE).skip == {uid("a")}
    chosen = run(nodes, chosen={"github_api_key_credentials": KEY}, lookup=STORE)
    assert chosen.skip == frozenset()
    assert chosen.masks == {str(uid("a")): {"credentials": KEY}}


def test_v16_another_error_of_its_credentials_is_not_skipped() -> None:
    nodes = [keyed("a", credentials_optional=True)]
    found = errors(nodes, chosen={"github_api_key_credentials": {**KEY, "id": "9"}}, lookup=STORE)
    assert found == {"a": {"credentials": "Unknown credentials #9"}}


def test_credentials_of_the_run_reach_sub_graphs_and_win_over_constants_and_masks() -> None:
    child = body([keyed("c")])
    mine = {"github_api_key_credentials": KEY}
    check = run([keyed("a", {**KEY, "id": "9"})], chosen=mine, children=[child], lookup=STORE)
    assert set(check.masks) == {str(uid("a")), str(uid("c"))}
    masked = run([keyed("a")], masks={str(uid("a")): {"credentials": "x", "x": 2}}, chosen=mine, lookup=STORE)
    assert masked.masks[str(uid("a"))] == {"credentials": KEY, "x": 2}
