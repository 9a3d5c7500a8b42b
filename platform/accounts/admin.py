"""Users and API tokens in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as UserAdminOfDjango
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts import services
from accounts.models import ApiToken, User


@admin.register(User)
class UserAdmin(UserAdminOfDjango[User]):
    """Accounts. Somebody who had credits is closed (not active) rather than deleted: the ledger is kept."""

    list_display = ["username", "email", "timezone", "is_active", "is_staff", "date_joined"]
    fieldsets = [*(UserAdminOfDjango.fieldsets or []), ("Preferences", {"fields": ["timezone"]})]
    readonly_fields = ["last_login", "date_joined"]
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    """Tokens are created and revoked, never edited; the text is shown once, when it is created."""

    list_display = ["name", "user", "created_at", "last_used_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter), ("last_used_at", admin.DateFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["name", "user__username"]
    autocomplete_fields = ["user"]
    fields = ["user", "name"]
    show_full_result_count = False
    actions = ["revoke"]

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: Any) -> None:
        services.issue(obj)

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """The page with the token itself, not a message: a message would be stored until it is read."""
        context = self.admin_site.each_context(request) | {
            "title": "API token created",
            "opts": self.opts,
            "token": obj,
        }
        return TemplateResponse(request, "admin/accounts/apitoken/created.html", context)

    @admin.action(description="Revoke the selected tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            services.revoke(token)
        self.message_user(request, "The selected tokens open nothing any more.", messages.SUCCESS)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.delete_apitoken")

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False
