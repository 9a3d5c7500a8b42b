"""Shapes of requests and answers about the store."""

from typing import Any

from django.core.validators import URLValidator
from rest_framework import serializers

from executions.serializers import PageIn, PaginationOut
from library.querysets import ORDERS
from library.states import State

MOST_CATEGORIES = 10


class ListingIn(serializers.Serializer[Any]):
    graph_version = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="Without it the active one"
    )
    slug = serializers.SlugField(
        default="", allow_blank=True, max_length=100, help_text="The short name; without it made of the name"
    )
    name = serializers.CharField(default="", allow_blank=True, max_length=1000, help_text="Without it the graph's")
    sub_heading = serializers.CharField(default="", allow_blank=True, max_length=200)
    description = serializers.CharField(
        required=False, allow_blank=True, max_length=10_000, help_text="Without it the graph's"
    )
    categories = serializers.ListField(
        child=serializers.CharField(max_length=50), default=list, max_length=MOST_CATEGORIES
    )
    image_url = serializers.CharField(
        default="", allow_blank=True, max_length=2000, validators=[URLValidator(schemes=["http", "https"])]
    )


class ListingsIn(PageIn):
    page_size = serializers.IntegerField(min_value=1, max_value=100, default=20)
    search = serializers.CharField(required=False, max_length=200, help_text="In name, sub-heading and description")
    category = serializers.CharField(required=False, max_length=50)
    creator = serializers.CharField(required=False, max_length=150)
    sort_by = serializers.ChoiceField(choices=list(ORDERS), default="rating")
    mine = serializers.BooleanField(default=False, help_text="Your own, whatever became of them")


class ListingOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The store_listing_version_id of the blocks")
    creator = serializers.CharField(source="owner.username")
    slug = serializers.CharField()
    version = serializers.IntegerField(help_text="Of the listing: 1 is the first that was published under the slug")
    state = serializers.ChoiceField(choices=State.choices)
    name = serializers.CharField()
    sub_heading = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    categories = serializers.ListField(child=serializers.CharField())
    image_url = serializers.CharField(allow_blank=True)
    rating = serializers.FloatField(allow_null=True, help_text="From 0 to 5")
    runs = serializers.IntegerField(help_text="Of the graph and its copies, counted every hour")
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class ListingPageOut(serializers.Serializer[Any]):
    listings = ListingOut(many=True)
    pagination = PaginationOut()


class AddIn(serializers.Serializer[Any]):
    store_listing_version_id = serializers.UUIDField()


class AddedOut(serializers.Serializer[Any]):
    graph_id = serializers.UUIDField(source="version.graph_id")
    graph_version = serializers.IntegerField(source="version.version", help_text="The one that is in use")
    name = serializers.CharField(source="version.name")
    creator = serializers.CharField(source="listing.owner.username")
    store_listing_version_id = serializers.UUIDField(source="listing.pk")
