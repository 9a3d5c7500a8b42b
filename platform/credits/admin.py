"""Balances and the ledger in the admin: history is read, and the one lever is a grant."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from credits import payments, refunds, services
from credits.errors import CreditsError
from credits.models import Balance, CreditTransaction, RefundRequest


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
    actions = ["confirm"]
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

    def has_grant_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("credits.grant_credits")

    @admin.action(description="Confirm that the selected payments have arrived", permissions=["grant"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[CreditTransaction]) -> None:
        """Of payments by hand; what a provider takes is confirmed by the provider."""
        for row in queryset.select_related("user"):
            if row.is_active or row.type != CreditTransaction.Type.TOP_UP:
                self.message_user(request, f"{row.key}: it is no payment that is awaited.", messages.WARNING)
            elif row.metadata.get("provider") != "manual":
                self.message_user(request, f"{row.key}: its provider says when it has arrived.", messages.WARNING)
            elif payments.confirm(row.user_id, row.key, confirmed_by=str(request.user.pk)):
                self.log_change(request, row, "Confirmed that the payment has arrived.")
                self.message_user(request, f"{row.user}: {row.amount} credits have arrived.", messages.SUCCESS)


@admin.register(RefundRequest)
class RefundRequestAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "user", "amount", "balance", "status", "result", "reason"]
    list_filter = ["status"]
    list_select_related = ["user__credit_balance"]
    search_fields = ["user__username", "user__email"]
    ordering = ["-created_at"]
    actions = ["approve", "reject"]

    @admin.display(description="balance now")
    def balance(self, request: RefundRequest) -> int:
        return int(request.user.credit_balance.balance)

    def has_grant_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("credits.grant_credits")

    @admin.action(description="Pay the selected refunds back", permissions=["grant"])
    def approve(self, request: HttpRequest, queryset: QuerySet[RefundRequest]) -> None:
        for row in queryset:
            try:
                after = refunds.approve(row.pk)
            except CreditsError as refused:
                self.message_user(request, f"{row}: {refused}", messages.WARNING)
            else:
                self._noted(request, row, f"{row}: {after.result}")

    @admin.action(description="Reject the selected refunds", permissions=["grant"])
    def reject(self, request: HttpRequest, queryset: QuerySet[RefundRequest]) -> None:
        for row in queryset:
            if refunds.reject(row.pk, result="It was rejected."):
                self._noted(request, row, f"{row}: it was rejected.")
            else:
                self.message_user(request, f"{row}: it was decided before.", messages.WARNING)

    def _noted(self, request: HttpRequest, row: Model, text: str) -> None:
        self.log_change(request, row, text)
        self.message_user(request, text, messages.SUCCESS)
