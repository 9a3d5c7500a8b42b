"""Balances and the ledger in the admin: history is read, and the one lever is a grant."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from credits import services
from credits.errors import CreditsError
from credits.models import Balance, CreditTransaction


class GrantForm(forms.Form):
    amount = forms.IntegerField(
        min_value=-services.HIGHEST, max_value=services.HIGHEST, help_text="Credits; a negative amount takes them"
    )
    reason = forms.CharField(max_length=1000)
    # the same form sent twice books once
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Balance)
class BalanceAdmin(ReadOnlyAdmin):
    list_display = ["user", "balance", "owed", "executions", "updated_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "user__email"]
    ordering = ["user__username"]
    change_form_template = "admin/credits/balance/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        grant = self.admin_site.admin_view(self.grant)
        return [path("<uuid:user_id>/grant/", grant, name="credits_balance_grant"), *super().get_urls()]

    def grant(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        if not request.user.has_perm("credits.grant_credits"):
            raise PermissionDenied
        held = get_object_or_404(Balance.objects.select_related("user"), pk=user_id)
        form = GrantForm(request.POST or None, initial={"key": uuid4()})
        if form.is_valid() and self._granted(request, held, form):
            return HttpResponseRedirect(reverse("admin:credits_balance_change", args=[held.pk]))
        context = self.admin_site.each_context(request) | {
            "title": f"Grant credits to {held.user}",
            "opts": self.opts,
            "form": form,
            "held": held,
        }
        return TemplateResponse(request, "admin/credits/balance/grant.html", context)

    def _granted(self, request: HttpRequest, held: Balance, form: GrantForm) -> bool:
        wanted = form.cleaned_data
        key = f"admin:{wanted['key']}"
        try:
            booking = services.grant(
                held.pk, wanted["amount"], reason=wanted["reason"], admin_id=request.user.pk, key=key
            )
        except CreditsError as refused:
            form.add_error("amount", str(refused))
            return False
        self.log_change(request, held, f"{wanted['amount']:+d} credits: {wanted['reason']}")
        self.message_user(request, f"{held.user} has {booking.balance} credits.", messages.SUCCESS)
        return True


@admin.register(CreditTransaction)
class CreditTransactionAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "user", "type", "amount", "running_balance", "kind", "is_active", "graph_exec_id"]
    list_filter = ["type", "is_active", "kind", ("created_at", admin.DateFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["user__username", "key"]
    search_help_text = "User name, transaction key, or the id of a run or a node execution"
    ordering = ["-created_at", "-id"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CreditTransaction], search_term: str
    ) -> tuple[QuerySet[CreditTransaction], bool]:
        """An id is looked up as such, by its indexes; anything else is searched as text."""
        try:
            wanted = UUID(search_term.strip())
        except ValueError:
            return super().get_search_results(request, queryset, search_term)
        found = Q(graph_exec_id=wanted) | Q(node_execution_id=wanted) | Q(user_id=wanted) | Q(key=str(wanted))
        return queryset.filter(found), False
