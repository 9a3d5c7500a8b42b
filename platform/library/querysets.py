"""The questions that are asked about listings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Self

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from library.states import State

if TYPE_CHECKING:
    from library.models import Listing  # noqa: F401  the type argument below

BY_NAME: Final = ("name", "slug")
ORDERS: Final[dict[str, tuple[Any, ...]]] = {
    "rating": (F("rating").desc(nulls_last=True), "-runs", *BY_NAME),
    "runs": ("-runs", *BY_NAME),
    "name": BY_NAME,
    "updated_at": ("-decided_at", *BY_NAME),
}


class ListingQuerySet(models.QuerySet["Listing"]):
    def of_live_graphs(self) -> Self:
        return self.filter(graph_version__graph__deleted_at=None)

    def offered(self) -> Self:
        """What the store shows to everybody."""
        return self.of_live_graphs().filter(state=State.APPROVED)

    def obtainable(self) -> Self:
        """What can be added: also what a newer version has replaced, for ids of it stand in graphs."""
        return self.of_live_graphs().filter(state__in=[State.APPROVED, State.REPLACED])

    def of(self, user: User) -> Self:
        return self.filter(owner=user)

    def like(self, *, search: str | None = None, category: str | None = None, creator: str | None = None) -> Self:
        found = self
        if search:
            in_words = Q(sub_heading__icontains=search) | Q(description__icontains=search)
            found = found.filter(Q(name__icontains=search) | in_words)
        if category:
            # as a whole word of the JSON text
            found = found.filter(categories__contains=json.dumps(category.lower()))
        return found.filter(owner__username=creator) if creator else found

    def by(self, order: str) -> Self:
        """`order`: of ORDERS."""
        return self.order_by(*ORDERS[order], "id")
