"""Several people change one graph at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from graphs import services
from graphs.errors import GraphNotFound
from graphs.models import Graph, GraphVersion
from tests.conformance_blocks.echo import EchoBlock
from tests.graphs.bodies import graph, node

pytestmark = pytest.mark.django_db(transaction=True)
BODY = graph([node("a", EchoBlock, {"x": 1})])


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each of the acts gives, all begun at the same moment, each on a connection of its own."""
    begin = Barrier(len(acts))

    def act(one: Callable[[], Any]) -> Any:
        begin.wait(timeout=30)
        try:
            return one()
        except GraphNotFound as gone:
            return gone
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(act, acts))


@pytest.fixture
def version() -> GraphVersion:
    return services.create(User.objects.create_user("ada"), BODY)


def test_versions_made_at_the_same_moment_get_numbers_of_their_own(version: GraphVersion) -> None:
    owner = version.graph.owner
    made = at_once(*[lambda: services.update(owner, version.graph_id, BODY)] * 8)
    assert sorted(one.version for one in made) == list(range(2, 10))
    assert Graph.objects.get().active_version == 9


def test_a_graph_deleted_at_the_same_moment_gets_no_version_after_that(version: GraphVersion) -> None:
    owner, graph_id = version.graph.owner, version.graph_id
    deleted, *made = at_once(
        lambda: services.delete(owner, graph_id), *[lambda: services.update(owner, graph_id, BODY)] * 4
    )
    stored = [one for one in made if isinstance(one, GraphVersion)]
    assert deleted == 1 + len(stored) == GraphVersion.objects.count()
