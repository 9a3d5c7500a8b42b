"""What tests of the store ask again and again."""

from typing import Any

from rest_framework.test import APIClient

from accounts.models import User
from library import store
from library.models import Listing
from tests.graphs_for_tests import Built

LISTINGS = "/v1/store/listings"


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def published(built: Built, **more: Any) -> Listing:
    version = built.version
    return store.publish(version.graph.owner, graph_id=version.graph_id, graph_version=version.version, **more)


def offered(built: Built, **more: Any) -> Listing:
    """Published, and approved."""
    listing = published(built, **more)
    store.approve(listing)
    listing.refresh_from_db()
    return listing


def names(answer: Any) -> list[str]:
    return [listing["name"] for listing in answer.json()["listings"]]
