"""The store of the installation: what is done with listings. Others see of them what an administrator has approved."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify

import notifications.services
from accounts.models import User
from audit import services as audit
from executions.models import GraphExecution
from graphs import services as graphs
from graphs.models import Graph, GraphVersion
from library.errors import CannotDecide, ListingNotFound, NotPublished, SlugFixed, SlugTaken
from library.models import Copy, Listing
from library.querysets import ListingQuerySet
from library.states import COMES_FROM, State

TEXTS: Final = ("name", "sub_heading", "description", "image_url", "categories")
_NOTICES: Final = {State.APPROVED: "AGENT_APPROVED", State.REJECTED: "AGENT_REJECTED"}


def seen_by(user: User) -> ListingQuerySet:
    """What the store offers, and the user's own whatever became of them."""
    return (Listing.objects.offered() | Listing.objects.of(user)).select_related("owner", "graph_version")


def find(user: User, listing_id: UUID) -> Listing:
    """Raises ListingNotFound, also for what others may not see yet."""
    listing = seen_by(user).filter(pk=listing_id).first()
    if listing is None:
        raise ListingNotFound(listing_id)
    return listing


def publish(
    owner: User,
    *,
    graph_id: UUID,
    graph_version: int | None = None,
    slug: str = "",
    name: str = "",
    description: str | None = None,
    sub_heading: str = "",
    categories: Sequence[str] = (),
    image_url: str = "",
) -> Listing:
    """Hand a version (without one the active one) to the administrators; it takes the place of one that waits.

    Raises GraphNotFound, SlugTaken, SlugFixed."""
    version = graphs.find(owner, graph_id, "active" if graph_version is None else graph_version)
    with transaction.atomic():
        _one_at_a_time(owner)
        slug = _slug(version, slug)
        of_slug = Listing.objects.of(owner).filter(slug=slug)
        of_slug.filter(state=State.PENDING).update(state=State.WITHDRAWN)
        listing = Listing.objects.create(
            owner=owner,
            graph_version=version,
            slug=slug,
            version=(of_slug.aggregate(highest=Max("version"))["highest"] or 0) + 1,
            name=name or version.name,
            description=version.description if description is None else description,
            sub_heading=sub_heading,
            categories=list(dict.fromkeys(category.lower() for category in categories)),
            image_url=image_url,
        )
        _record("listing.published", listing)
    return listing


def revise(listing: Listing, changes: Mapping[str, Any]) -> None:
    """Of TEXTS and the rating those that are given: what is shown, whatever its state."""
    changed = {name: value for name, value in changes.items() if name in (*TEXTS, "rating")}
    Listing.objects.filter(pk=listing.pk).update(**changed)


def withdraw(owner: User, graph_id: UUID) -> None:
    """The store offers the graph no more. Copies that others have made stay theirs. Raises NotPublished."""
    mine = Listing.objects.of(owner).filter(graph_version__graph_id=graph_id)
    with transaction.atomic():
        _one_at_a_time(owner)
        listing = mine.filter(state__in=COMES_FROM[State.WITHDRAWN]).order_by("-version").first()
        if listing is None:
            raise NotPublished(graph_id)
        mine.update(state=State.WITHDRAWN)
        _record("listing.withdrawn", listing)


def graph_deleted(*, graph: Graph, **_: Any) -> None:
    Listing.objects.filter(graph_version__graph=graph).update(state=State.WITHDRAWN)


def approve(listing: Listing) -> None:
    """From now on everybody sees it, in place of the version before. Raises CannotDecide."""
    with transaction.atomic():
        _one_at_a_time(listing.owner)
        offered = Listing.objects.filter(owner=listing.owner_id, slug=listing.slug, state=State.APPROVED)
        before = offered.first()
        if before is not None and before.version > listing.version:
            raise CannotDecide(listing, State.APPROVED)
        offered.update(state=State.REPLACED)
        known = {} if before is None else {"rating": before.rating, "runs": before.runs}
        _decide(listing, State.APPROVED, **known)


def reject(listing: Listing) -> None:
    """Nobody but its owner sees it, or sees it any more. Raises CannotDecide."""
    with transaction.atomic():
        _one_at_a_time(listing.owner)
        _decide(listing, State.REJECTED)


def count_runs() -> str:
    """Brings `runs` of what is offered up to date."""
    changed = 0
    for listing in Listing.objects.offered().select_related("graph_version").iterator():
        copies = Copy.objects.filter(listing__owner=listing.owner_id, listing__slug=listing.slug)
        graph_ids = [listing.graph_version.graph_id, *copies.values_list("graph_id", flat=True)]
        runs = GraphExecution.objects.filter(graph_version__graph__in=graph_ids).count()
        changed += Listing.objects.filter(pk=listing.pk).exclude(runs=runs).update(runs=runs)
    return f"Counted runs: {changed} agents of the store have more or fewer than before."


# -- Steps


def _one_at_a_time(owner: User) -> None:
    """Numbers are given out, and one version takes another's place, one after the other for each owner."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)


def _slug(version: GraphVersion, wanted: str) -> str:
    """That of the graph where it has one, else the one that is wanted, else its name made into one."""
    of_owner = Listing.objects.filter(owner=version.graph.owner_id)
    known = of_owner.filter(graph_version__graph=version.graph_id).values_list("slug", flat=True).first()
    if known is not None:
        if wanted not in ("", known):
            raise SlugFixed(known)
        return known
    slug = wanted or slugify(version.name)[:100].strip("-_") or "agent"
    if of_owner.of_live_graphs().filter(slug=slug).exists():
        raise SlugTaken(slug)
    return slug


def _decide(listing: Listing, state: State, **known: Any) -> None:
    now = timezone.now()
    fits = Listing.objects.of_live_graphs().filter(pk=listing.pk, state__in=COMES_FROM[state])
    if not fits.update(state=state, decided_at=now, **known):
        raise CannotDecide(listing, state)
    _record(f"listing.{state.lower()}", listing)
    data = {"agent_name": listing.name, "version": listing.version}
    notifications.services.record(
        listing.owner_id, _NOTICES[state], data, key=f"listing:{listing.pk}:{now.isoformat()}"
    )


def _record(action: str, listing: Listing) -> None:
    detail = {"slug": listing.slug, "version": listing.version, "owner": str(listing.owner_id)}
    audit.record(action, subject=listing, subject_id=listing.pk, detail=detail)
