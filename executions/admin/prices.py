"""Prices in the admin: what administrators have set, what it replaced, and who did it. None is ever changed."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from blocks import registry
from credits import prices
from credits.errors import CreditsError
from credits.models import Price
from executions.admin import markup


class PriceForm(forms.ModelForm[Price]):
    block_id = forms.ChoiceField(label="Block")
    amount = forms.IntegerField(min_value=0, max_value=prices.DEAREST, help_text="Credits; 1 credit is 1 cent")
    filter = forms.JSONField(
        required=False, initial=dict, help_text='The input for which it holds, such as {"model": "gpt-4o"}; {} is any'
    )
    reason = forms.CharField(max_length=1000, help_text="Kept with the price")

    class Meta:
        model = Price
        fields = ["block_id", "amount", "type", "filter", "platform", "reason"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choice = self.fields["block_id"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(spec.id, spec.name) for spec in registry.catalogue()]

    def clean_filter(self) -> dict[str, Any]:
        wanted = self.cleaned_data["filter"] or {}
        if not isinstance(wanted, dict):
            raise forms.ValidationError("Write a JSON object: pin → value.")
        spec = registry.get(self.cleaned_data.get("block_id", ""))
        if spec is not None and (unknown := [name for name in wanted if name not in spec.inputs]):
            raise forms.ValidationError(
                f"{spec.name} has no input {', '.join(unknown)}; it has {', '.join(spec.inputs)}."
            )
        return wanted


class HoldsNow(admin.SimpleListFilter):
    title = "whether it holds"
    parameter_name = "holds"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", "Now"), ("ended", "No longer")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Price]) -> QuerySet[Price]:
        if self.value() is None:
            return queryset
        return queryset.filter(until__isnull=self.value() == "now")


@admin.register(Price)
class PriceAdmin(admin.ModelAdmin[Price]):
    form = PriceForm
    list_display = ["block", "amount", "type", "asked", "platform", "since", "until", "set_by", "reason"]
    list_filter = [HoldsNow, "type"]
    list_select_related = ["set_by", "ended_by"]
    ordering = ["-since", "-id"]
    search_fields = ["block_id", "reason"]
    change_form_template = "admin/credits/price/change_form.html"

    @admin.display(description="block", ordering="block_id")
    def block(self, price: Price) -> str:
        spec = registry.get(price.block_id)
        return price.block_id if spec is None else spec.name

    @admin.display(description="input")
    def asked(self, price: Price) -> str:
        return markup.value(price.filter) if price.filter else "any"

    @admin.display(description="otherwise")
    def declared(self, price: Price) -> str:
        """What the block itself says."""
        spec = registry.get(price.block_id)
        costs = () if spec is None else spec.costs
        if not costs:
            return "free"
        lines = [f"{cost.amount} a {cost.type} {dict(cost.filter) or ''}".strip() for cost in costs[:20]]
        return "; ".join([*lines, *(["…"] if len(costs) > len(lines) else [])])

    def get_fields(self, request: HttpRequest, obj: Price | None = None) -> Any:
        if obj is None:
            return PriceForm.Meta.fields
        more = ["until", "ended_by", "ended_reason"] if obj.until else []
        return ["block", "amount", "type", "asked", "platform", "reason", "since", "set_by", *more, "declared"]

    def get_readonly_fields(self, request: HttpRequest, obj: Price | None = None) -> Any:
        return [] if obj is None else self.get_fields(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Price | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Price | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Price, form: Any, change: Any) -> None:
        wanted = form.cleaned_data
        stored = prices.set_price(**wanted, by=request.user.pk)
        for field in Price._meta.concrete_fields:
            setattr(obj, field.attname, getattr(stored, field.attname))

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **options)
        except CreditsError as refused:
            self.message_user(request, str(refused), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:credits_price_changelist"))

    def get_urls(self) -> list[URLPattern]:
        end = self.admin_site.admin_view(self.end)
        return [path("<uuid:price_id>/end/", end, name="credits_price_end"), *super().get_urls()]

    def end(self, request: HttpRequest, price_id: UUID) -> HttpResponse:
        """What the block itself says holds again."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_add_permission(request):
            raise PermissionDenied
        price = get_object_or_404(Price, pk=price_id)
        reason = request.POST.get("reason", "").strip() or "ended in the admin"
        if prices.end_price(price.pk, reason=reason[:1000], by=request.user.pk):
            self.log_change(request, price, f"Ended: {reason}"[:1000])
            self.message_user(request, format_html("The price of {} has ended.", self.block(price)), messages.SUCCESS)
        else:
            self.message_user(request, "It had ended before.", messages.WARNING)
        return HttpResponseRedirect(reverse("admin:credits_price_change", args=[price.pk]))
