"""A graph that names credentials which its owner lacks is refused before anything is stored (W51)."""

from typing import Any

import pytest

import credentials.services
from accounts.models import User
from graphs import services
from graphs.errors import GraphInvalid
from graphs.models import Graph, GraphVersion
from tests.conformance_blocks.special import KeyedBlock
from tests.graphs.bodies import graph, node


def keyed(chosen: Any, **more: Any) -> dict[str, Any]:
    return graph([node("a", KeyedBlock, {"x": 1, "credentials": chosen}) | more])


def reference(credential_id: str) -> dict[str, str]:
    return {"id": credential_id, "provider": "github", "type": "api_key"}


@pytest.fixture
def key(user: User) -> str:
    made = credentials.services.create(user.pk, provider="github", type="api_key", values={"api_key": "sk-1"})
    return made.id


def test_a_graph_with_an_unknown_credential_is_not_stored(user: User) -> None:
    with pytest.raises(GraphInvalid, match=r"Node a, field credentials: Unknown credentials #nobody's"):
        services.create(user, keyed(reference("nobody's")))
    assert not Graph.objects.exists()


def test_somebody_elses_credential_is_unknown(user: User, key: str) -> None:
    with pytest.raises(GraphInvalid, match="Unknown credentials"):
        services.create(User.objects.create_user("eve"), keyed(reference(key)))


def test_a_version_is_not_stored_and_the_one_before_stays_active(user: User, key: str) -> None:
    version = services.create(user, keyed(reference(key)))
    with pytest.raises(GraphInvalid, match="Unknown credentials"):
        services.update(user, version.graph_id, keyed(reference("gone")))
    version.graph.refresh_from_db()
    assert (GraphVersion.objects.count(), version.graph.active_version) == (1, 1)


def test_a_version_that_is_not_to_be_active_may_wait_for_its_credential(user: User, key: str) -> None:
    version = services.create(user, keyed(reference(key)))
    later = services.update(user, version.graph_id, keyed(reference("later")) | {"is_active": False})
    with pytest.raises(GraphInvalid, match="Unknown credentials #later"):
        services.activate(user, version.graph_id, later.version)
    version.graph.refresh_from_db()
    assert version.graph.active_version == 1


@pytest.mark.parametrize("chosen", [None, {}])
def test_a_graph_that_names_none_is_stored(user: User, chosen: Any) -> None:
    assert services.create(user, keyed(chosen)).version == 1


def test_what_a_run_ignores_is_not_looked_at(user: User) -> None:
    assert services.create(user, keyed(reference("gone"), metadata={"credentials_optional": True})).version == 1
