"""The agents that the blocks of a run can find (blocks.sdk.agents): the graphs of its user, and the store.

Blocks ask while no connection is held for them, so each question gives its own back."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from blocks.sdk.agents import Offer, OwnAgent, SortBy
from blocks.sdk.memory import without_nul
from executions.database import release, repeated
from executions.errors import LostClaim
from executions.models import NodeExecution
from graphs import reading
from graphs.errors import GraphError
from graphs.models import GraphVersion
from library.errors import LibraryError
from library.models import Copy, Listing

P = ParamSpec("P")
R = TypeVar("R")


def _asked(question: Callable[P, R]) -> Callable[P, R]:
    guarded = repeated(question)

    @wraps(question)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return guarded(*args, **kwargs)
        finally:
            release()

    return asked


@dataclass(frozen=True)
class RunAgents:
    """Of one attempt: who has lost the claim adds nothing any more."""

    user_id: UUID
    node_execution_id: UUID
    token: UUID

    @_asked
    def own(self, query: str | None, *, page: int, limit: int) -> tuple[list[OwnAgent], int]:
        found = reading.active(self.user_id).select_related("graph__owner")
        if query := without_nul(query):
            found = found.filter(Q(name__icontains=query) | Q(description__icontains=query))
        total = found.count()
        first = (page - 1) * limit
        versions = list(found[first : first + limit]) if first < total else []
        copies = Copy.objects.filter(user=self.user_id, graph__in=[version.graph_id for version in versions])
        listings = {copy.graph_id: copy.listing for copy in copies.select_related("listing__owner")}
        return [_own(version, listings.get(version.graph_id)) for version in versions], total

    @_asked
    def offer(self, creator: str, slug: str) -> Offer | None:
        named = {"owner__username": without_nul(creator), "slug": without_nul(slug)}
        found = Listing.objects.offered().select_related("owner").filter(**named).first()
        return None if found is None else _offer(found)

    @_asked
    def search(self, query: str | None, category: str | None, *, sort_by: SortBy, limit: int) -> list[Offer]:
        found = Listing.objects.offered().like(search=without_nul(query), category=without_nul(category))
        return [_offer(listing) for listing in found.select_related("owner").by(sort_by)[:limit]]

    @_asked
    def add(self, offer_id: str) -> OwnAgent:
        from library import copying  # what reads and writes files of graphs is loaded by who needs it

        user = User.objects.get(pk=self.user_id)
        try:
            added = copying.add(user, offer_id, before=self._prove)
        except (LibraryError, GraphError) as refused:
            raise ValueError(str(refused)) from None
        return _own(added.version, added.listing)

    def _prove(self) -> None:
        """Also the lock that keeps a takeback away."""
        held = NodeExecution.objects.held(self.node_execution_id, self.token)
        if not held.select_for_update(no_key=True).values_list("pk").first():
            raise LostClaim


def _own(version: GraphVersion, listing: Listing | None) -> OwnAgent:
    """What was added keeps its creator."""
    owner = version.graph.owner if listing is None else listing.owner
    return OwnAgent(
        graph_id=str(version.graph_id),
        version=version.version,
        name=version.name,
        description=version.description,
        creator=owner.get_username(),
        categories=[] if listing is None else listing.categories,
    )


def _offer(listing: Listing) -> Offer:
    return Offer(
        id=str(listing.pk),
        creator=listing.owner.get_username(),
        slug=listing.slug,
        name=listing.name,
        description=listing.description,
        categories=listing.categories,
        runs=listing.runs,
        rating=listing.rating or 0.0,
    )
