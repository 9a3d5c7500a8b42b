"""An agent of the store becomes a graph of the user: exported as for others, imported as any file, once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from executions.database import write
from graphs import exporting, importing, reading
from graphs.models import GraphVersion
from library.errors import ListingNotFound
from library.models import Copy, Listing


@dataclass(frozen=True)
class Added:
    """What the user has of a listing: the version of the graph that is in use."""

    listing: Listing
    version: GraphVersion


def add(user: User, listing_id: object, *, before: Callable[[], None] = lambda: None) -> Added:
    """A copy with its sub-graphs and without secrets; the one that is there when it was added before. The owner has
    the graph itself. `before` is called in the transaction that stores a copy.

    Raises ListingNotFound, and GraphError when the graph cannot be stored here any more."""
    listings = Listing.objects.select_related("owner", "graph_version__graph")
    listing = listings.filter(pk=reading.uuid_of(listing_id)).first()
    if listing is None:
        raise ListingNotFound(listing_id)
    found = _held(user, listing)
    if found is None:
        if not Listing.objects.obtainable().filter(pk=listing.pk).exists():
            raise ListingNotFound(listing_id)
        document = _document(listing)  # read before anybody else has to wait
        with write():
            before()
            # whoever adds the same at this moment waits here, and finds it
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            found = _held(user, listing) or _copy(user, listing, document)
    return Added(listing, found)


def _held(user: User, listing: Listing) -> GraphVersion | None:
    graph = listing.graph_version.graph
    if listing.owner_id == user.pk and graph.deleted_at is None:
        return listing.graph_version
    copy = Copy.objects.filter(user=user, listing=listing, graph__deleted_at=None).select_related("graph").first()
    return None if copy is None else copy.graph.versions.get(version=copy.graph.active_version)


def _document(listing: Listing) -> dict[str, Any]:
    version = listing.graph_version
    forked = {"forked_from_id": str(version.graph_id), "forked_from_version": version.version}
    return exporting.export(version) | forked


def _copy(user: User, listing: Listing, document: dict[str, Any]) -> GraphVersion:
    version = importing.import_document(user, document).version
    Copy.objects.update_or_create(user=user, listing=listing, defaults={"graph_id": version.graph_id})
    return version
