"""The store: what waits for a decision comes first, and what is shown of an agent can be edited."""

from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.core.validators import URLValidator
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from executions.admin.markup import link, moment
from graphs.errors import GraphError
from library import store
from library.errors import LibraryError
from library.models import Listing
from library.states import COMES_FROM, State
from library.store_serializers import MOST_CATEGORIES

NOTHING: Final = "-"


class ListingForm(forms.ModelForm[Listing]):
    categories = forms.CharField(required=False, max_length=1000, help_text="Separated by commas, such as news, text")
    image_url = forms.CharField(
        required=False, max_length=2000, label="Image URL", validators=[URLValidator(schemes=["http", "https"])]
    )

    class Meta:
        model = Listing
        fields = ["graph_version", "slug", "name", "sub_heading", "description", "image_url", "categories", "rating"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk is not None:
            self.initial["categories"] = ", ".join(self.instance.categories)
        if "slug" in self.fields:
            self.fields["slug"].required = self.fields["name"].required = False
            self.fields["slug"].help_text = "Without it that of the graph, or one made of its name"
            self.fields["name"].help_text = "Without it that of the graph"

    def clean_categories(self) -> list[str]:
        words = [word.strip().lower() for word in self.cleaned_data["categories"].split(",")]
        found = list(dict.fromkeys(filter(None, words)))
        if len(found) > MOST_CATEGORIES or any(len(word) > 50 for word in found):
            raise forms.ValidationError(f"At most {MOST_CATEGORIES} categories of at most 50 characters each.")
        return found


@admin.register(Listing)
class ListingAdmin(admin.ModelAdmin[Listing]):
    form = ListingForm
    list_display = ["name", "creator", "version", "state", "belongs_to", "rating", "runs", "published", "decided"]
    list_filter = ["state"]
    list_select_related = ["owner"]
    search_fields = ["name", "slug", "owner__username"]
    autocomplete_fields = ["graph_version"]
    actions = ["approve", "reject"]
    show_full_result_count = False
    change_form_template = "admin/library/listing/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Listing]:
        waits = Case(When(state=State.PENDING, then=Value(0)), default=Value(1), output_field=IntegerField())
        return super().get_queryset(request).order_by(waits, "-created_at", "-id")

    def has_delete_permission(self, request: HttpRequest, obj: Listing | None = None) -> bool:
        """What was published is on record; who takes it back rejects it."""
        return False

    @admin.display(description="creator", ordering="owner__username")
    def creator(self, listing: Listing) -> str:
        return f"{listing.owner.get_username()} / {listing.slug}"

    @admin.display(description="categories")
    def belongs_to(self, listing: Listing) -> str:
        return ", ".join(listing.categories) or NOTHING

    @admin.display(description="published", ordering="created_at")
    def published(self, listing: Listing) -> str:
        return moment(listing.created_at) or NOTHING

    @admin.display(description="decided", ordering="decided_at")
    def decided(self, listing: Listing) -> str:
        return moment(listing.decided_at) or NOTHING

    @admin.display(description="graph")
    def graph(self, listing: Listing) -> SafeString:
        return link("graphs_graphversion", listing.graph_version_id, str(listing.graph_version))

    # -- One listing

    def get_fieldsets(self, request: HttpRequest, obj: Listing | None = None) -> Any:
        shown = ["name", "sub_heading", "description", "image_url", "categories"]
        if obj is None:
            return [("Graph", {"fields": ["graph_version", "slug"]}), ("What the store shows", {"fields": shown})]
        facts = ["graph", "creator", "version", "state", "runs", "published", "decided"]
        return [("Published", {"fields": facts}), ("What the store shows", {"fields": [*shown, "rating"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Listing | None = None) -> Any:
        return [] if obj is None else ["graph", "creator", "version", "state", "runs", "published", "decided"]

    def save_model(self, request: HttpRequest, obj: Listing, form: Any, change: Any) -> None:
        wanted = form.cleaned_data
        if change:
            store.revise(obj, {name: wanted[name] for name in form.changed_data})
            return
        version = wanted.pop("graph_version")
        published = store.publish(
            version.graph.owner, graph_id=version.graph_id, graph_version=version.version, **wanted
        )
        for field in Listing._meta.concrete_fields:
            setattr(obj, field.attname, getattr(published, field.attname))

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **options)
        except (LibraryError, GraphError) as refused:
            self.message_user(request, f"{refused} {refused.hint}", messages.ERROR)
            return HttpResponseRedirect(request.path)

    # -- Decisions

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        listing: Listing | None = options.get("obj")
        may = listing is not None and self.has_change_permission(request, listing)
        context |= {
            "may_approve": may and listing is not None and listing.state in COMES_FROM[State.APPROVED],
            "may_reject": may and listing is not None and listing.state in COMES_FROM[State.REJECTED],
        }
        return super().render_change_form(request, context, *args, **options)

    def response_change(self, request: HttpRequest, obj: Listing) -> HttpResponse:
        for name, verb, done in (("_approve", store.approve, "Approved"), ("_reject", store.reject, "Rejected")):
            if name in request.POST:
                self._decide(request, obj, verb, done)
                return HttpResponseRedirect(reverse("admin:library_listing_changelist"))
        return super().response_change(request, obj)

    @admin.action(description="Approve the selected listings", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Listing]) -> None:
        for listing in queryset.order_by("version"):
            self._decide(request, listing, store.approve, "Approved")

    @admin.action(description="Reject the selected listings", permissions=["change"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Listing]) -> None:
        for listing in queryset:
            self._decide(request, listing, store.reject, "Rejected")

    def _decide(self, request: HttpRequest, listing: Listing, verb: Any, done: str) -> None:
        try:
            verb(listing)
        except LibraryError as refused:
            self.message_user(request, f"{refused} {refused.hint}", messages.WARNING)
        else:
            self.message_user(request, f"{done}: {listing}.", messages.SUCCESS)
            self.log_change(request, listing, f"{done}.")
