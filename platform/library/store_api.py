"""The store over HTTP. What an administrator has not approved is seen by its owner alone."""

from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from library import copying, store
from library.api import user_of
from library.models import Listing
from library.store_serializers import (
    AddedOut,
    AddIn,
    ListingIn,
    ListingOut,
    ListingPageOut,
    ListingsIn,
)

UNKNOWN = OpenApiResponse(description="There is no such graph or listing, or you may not see it")
TAKEN = OpenApiResponse(description="Another graph of yours has the slug, or the graph has another one already")


class Listings(APIView):
    @extend_schema(operation_id="list_store", parameters=[ListingsIn], responses=ListingPageOut)
    def get(self, request: Request) -> Response:
        """What the store offers, or with `mine` your own listings."""
        query = ListingsIn(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        page, size = wanted["page"], wanted["page_size"]
        seen = Listing.objects.of(user_of(request)) if wanted["mine"] else Listing.objects.offered()
        found = seen.like(**{name: wanted.get(name) for name in ("search", "category", "creator")})
        total = found.count()
        rows = found.select_related("owner").by(wanted["sort_by"])[(page - 1) * size : page * size]
        pagination = {"total_items": total, "total_pages": -(-total // size), "current_page": page, "page_size": size}
        return Response({"listings": ListingOut(rows, many=True).data, "pagination": pagination})


class ListingDetail(APIView):
    @extend_schema(operation_id="get_listing", responses={200: ListingOut, 404: UNKNOWN})
    def get(self, request: Request, listing_id: UUID) -> Response:
        """One listing that the store offers, or one of your own."""
        return Response(ListingOut(store.find(user_of(request), listing_id)).data)


class GraphListing(APIView):
    @extend_schema(
        operation_id="publish_graph", request=ListingIn, responses={201: ListingOut, 404: UNKNOWN, 409: TAKEN}
    )
    def post(self, request: Request, graph_id: UUID) -> Response:
        """Offer a version of a graph to everybody here. Others see it once an administrator has approved it."""
        body = ListingIn(data=request.data)
        body.is_valid(raise_exception=True)
        listing = store.publish(user_of(request), graph_id=graph_id, **body.validated_data)
        return Response(ListingOut(listing).data, status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="withdraw_graph", responses={204: None, 404: UNKNOWN})
    def delete(self, request: Request, graph_id: UUID) -> Response:
        """Take a graph out of the store. What others have added stays theirs."""
        store.withdraw(user_of(request), graph_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LibraryAgents(APIView):
    @extend_schema(operation_id="add_from_store", request=AddIn, responses={201: AddedOut, 404: UNKNOWN})
    def post(self, request: Request) -> Response:
        """Make an agent of the store a graph of yours, once however often you ask."""
        body = AddIn(data=request.data)
        body.is_valid(raise_exception=True)
        added = copying.add(user_of(request), body.validated_data["store_listing_version_id"])
        return Response(AddedOut(added).data, status=status.HTTP_201_CREATED)
