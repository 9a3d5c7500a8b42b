"""The filter by who started a run: somebody outside, or another run."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest

from executions.models import GraphExecution


class Place(admin.SimpleListFilter):
    """Runs that were started by another one are shown when somebody asks for them, or searches."""

    title = "place"
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("below", "Started by a run above"), ("any", "Both")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        everything, *others = super().choices(changelist)
        yield everything | {"display": "Started from outside"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[GraphExecution]) -> QuerySet[GraphExecution]:
        if self.value() == "any" or (self.value() is None and request.GET.get(SEARCH_VAR)):
            return queryset
        return queryset.filter(parent__isnull=self.value() != "below")
