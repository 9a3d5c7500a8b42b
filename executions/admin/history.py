"""What all histories have in common: they are read, page by page, by whoever may view them."""

from typing import TypeVar, cast
from uuid import UUID

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

M = TypeVar("M", bound=Model)


class History(admin.ModelAdmin[M]):
    show_full_result_count = False
    list_per_page = 50
    actions_on_bottom = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """An id is looked up as such, by its indexes; anything else is searched as text."""
        try:
            wanted = UUID(search_term.strip())
        except ValueError:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(self.named(wanted)), False

    def named(self, wanted: UUID) -> Q:
        """The rows that this id may mean."""
        return Q(pk=wanted)


class FirstPages(Paginator[M]):
    """Counts no further than a person turns pages: the whole table may have millions of rows."""

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        rows = cast(QuerySet[M], self.object_list)
        return rows.order_by()[: self.MOST].count()
