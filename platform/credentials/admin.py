"""Credentials in the admin: who has which, and new secrets for old ones. No page shows a secret."""

from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from credentials import leases, services
from credentials.errors import CredentialsError
from credentials.forms import CredentialForm
from credentials.models import Credential

OUTER: Final = ["user", "provider", "type", "title", "max_concurrency"]
FIELDS: Final = {
    Credential.Type.API_KEY: ["api_key", "ends"],
    Credential.Type.USER_PASSWORD: ["username", "password"],
    Credential.Type.HOST_SCOPED: ["host", "headers"],
    Credential.Type.OAUTH2: ["access_token", "refresh_token", "token_ends"],
}


@admin.register(Credential)
class CredentialAdmin(admin.ModelAdmin[Credential]):
    form = CredentialForm
    list_display = ["__str__", "user", "provider", "type", "expires_at", "max_concurrency", "problem"]
    list_filter = ["type", "provider"]
    list_select_related = ["user"]
    search_fields = ["title", "provider", "user__username"]
    ordering = ["user__username", "provider", "id"]
    autocomplete_fields = ["user"]
    show_full_result_count = False
    seen = ["scopes", "expires_at", "refused", "in_use", "created_at", "changed_at"]

    def get_fieldsets(self, request: HttpRequest, obj: Credential | None = None) -> Any:
        """Of a new one the fields of every type, of a stored one those of its own."""
        types = [(kind, fields) for kind, fields in FIELDS.items() if obj is None or obj.type == kind]
        told = "Fill in the fields of the chosen type." if obj is None else "What is left empty stays as it is."
        more = {"description": f"Secrets are never shown. {told}"}
        return [
            (None, {"fields": OUTER}),
            *((kind.label, {"fields": fields, **more}) for kind, fields in types),
            *([("State", {"fields": self.seen})] if obj else []),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Credential | None = None) -> Any:
        return [] if obj is None else [*OUTER[:3], *self.seen]

    @admin.display(description="problem")
    def problem(self, row: Credential) -> str:
        return row.refused

    @admin.display(description="in use by")
    def in_use(self, row: Credential) -> str:
        using = leases.in_use(row.pk)
        return f"{using} node{'' if using == 1 else 's'}"

    def save_model(self, request: HttpRequest, obj: Credential, form: Any, change: Any) -> None:
        wanted = form.cleaned_data
        outer = {"title": wanted["title"], "max_concurrency": wanted["max_concurrency"]}
        if change:
            services.change(obj.user_id, obj.pk, values=form.values, **outer)
        else:
            made = services.create(
                obj.user_id, provider=wanted["provider"], type=wanted["type"], values=form.values, **outer
            )
            obj.pk = Credential.objects.values_list("pk", flat=True).get(pk=made.id)
            obj._state.adding = False

    def delete_model(self, request: HttpRequest, obj: Credential) -> None:
        if services.delete(obj.user_id, obj.pk, force=True).revoked is False:
            self.message_user(request, f"{obj.provider} did not take the token back.", messages.WARNING)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Credential]) -> None:
        for one in queryset:
            self.delete_model(request, one)

    def changeform_view(self, request: HttpRequest, *args: Any, **more: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **more)
        except CredentialsError as refused:
            self.message_user(request, f"{refused} {refused.hint}", messages.ERROR)
            request.method = "GET"
            return super().changeform_view(request, *args, **more)
