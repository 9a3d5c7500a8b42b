"""The agents that a block can find: those of the user, and those that the store of the installation offers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class SortBy(StrEnum):
    RATING = "rating"
    RUNS = "runs"
    NAME = "name"
    UPDATED_AT = "updated_at"


@dataclass(frozen=True, slots=True)
class Offer:
    """What the store offers; `rating` is 0 where nobody has rated."""

    id: str
    creator: str
    slug: str
    name: str
    description: str = ""
    categories: Sequence[str] = ()
    runs: int = 0
    rating: float = 0.0


@dataclass(frozen=True, slots=True)
class OwnAgent:
    """A graph of the user, in the version that is used."""

    graph_id: str
    version: int
    name: str
    description: str = ""
    creator: str = ""
    categories: Sequence[str] = ()


class Agents(Protocol):
    """Asked and told by blocks that run on threads; async blocks use `asyncio.to_thread`."""

    def own(self, query: str | None, *, page: int, limit: int) -> tuple[list[OwnAgent], int]:
        """A page of the user's agents, the newest first, and how many there are on all pages."""
        ...

    def offer(self, creator: str, slug: str) -> Offer | None: ...

    def search(self, query: str | None, category: str | None, *, sort_by: SortBy, limit: int) -> list[Offer]:
        """The best first; by name from A to Z."""
        ...

    def add(self, offer_id: str) -> OwnAgent:
        """A copy for the user, made once however often it is asked for. Raises ValueError when that is impossible."""
        ...


@dataclass
class Shelf:
    """Agents for tests of blocks: nothing is searched, ordered or kept."""

    agents: list[OwnAgent] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)

    def own(self, query: str | None, *, page: int, limit: int) -> tuple[list[OwnAgent], int]:
        return self.agents[(page - 1) * limit : page * limit], len(self.agents)

    def offer(self, creator: str, slug: str) -> Offer | None:
        return next((one for one in self.offers if (one.creator, one.slug) == (creator, slug)), None)

    def search(self, query: str | None, category: str | None, *, sort_by: SortBy, limit: int) -> list[Offer]:
        return self.offers[:limit]

    def add(self, offer_id: str) -> OwnAgent:
        for one in self.offers:
            if one.id == offer_id:
                return OwnAgent(f"copy of {offer_id}", 1, one.name, one.description, one.creator, one.categories)
        raise ValueError(f"The store has no agent {offer_id!r}.")


def of(agents: Agents | None) -> Agents:
    """Raises ValueError where a block is run without any."""
    if agents is None:
        raise ValueError("no agents can be found here")
    return agents
