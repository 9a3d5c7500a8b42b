"""What waits for a person's decision, and the page to decide it; what was decided is read."""

import json
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse

from executions import services
from executions.admin import markup
from executions.admin.history import FirstPages, History
from executions.engine.reviewing import Answer
from executions.errors import ExecutionError
from executions.models import Review
from executions.reviews.serializers import MESSAGE, AnswerIn
from executions.states import Verdict
from executions.wording import NOTHING, ago, name_of


class DecisionForm(forms.Form):
    payload = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 12, "class": "vLargeTextField"}), label="Data, as JSON"
    )
    message = forms.CharField(required=False, max_length=MESSAGE, label="Message", widget=forms.Textarea({"rows": 2}))
    for_good = forms.BooleanField(required=False, label="Ask nobody about this node any more for the rest of the run")

    def clean_payload(self) -> Any:
        """The same limits as over HTTP."""
        try:
            return AnswerIn().validate_reviewed_data(json.loads(self.cleaned_data["payload"] or "null"))
        except ValueError as wrong:
            raise forms.ValidationError(f"This is no JSON: {wrong}") from None


@admin.register(Review)
class ReviewAdmin(History[Review]):
    list_display = ["about", "user", "of_run", "state", "waited", "reviewed"]
    list_filter = ["status", "sensitive"]
    list_select_related = ["user", "run__graph_version", "node_execution__node"]
    ordering = ["-created_at"]
    search_fields = ["user__username"]
    search_help_text = "Any id: review, node execution, run. Or a part of the name of who decides"
    paginator = FirstPages
    change_form_template = "admin/executions/review/change_form.html"

    def named(self, wanted: UUID) -> Q:
        return Q(pk=wanted) | Q(node_execution=wanted) | Q(run=wanted)

    @admin.display(description="about")
    def about(self, review: Review) -> str:
        return review.instructions or name_of(review.node_execution.node.block_id, review.node_execution.node.metadata)

    @admin.display(description="run")
    def of_run(self, review: Review) -> str:
        return markup.link("executions_graphexecution", review.run_id, str(review.run.graph_version))

    @admin.display(description="state", ordering="status")
    def state(self, review: Review) -> str:
        return Verdict(review.status).label

    @admin.display(description="asked", ordering="created_at")
    def waited(self, review: Review) -> str:
        return f"{ago(review.created_at)} ago"

    @admin.display(description="decided", ordering="reviewed_at")
    def reviewed(self, review: Review) -> str:
        return markup.moment(review.reviewed_at) or NOTHING

    # -- One review

    def get_fieldsets(self, request: HttpRequest, obj: Review | None = None) -> Any:
        """The page is no form of the admin's."""
        return []

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(self.decide)
        return [path("<uuid:review_id>/decide/", decide, name="executions_review_decide"), *super().get_urls()]

    def may_decide(self, request: HttpRequest) -> bool:
        return request.user.has_perm("executions.change_review")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        review: Review = context["original"]
        shown = json.dumps(review.decided_data, indent=2, ensure_ascii=False)
        form = options.get("form") or DecisionForm(initial={"payload": shown})
        if not review.editable:
            form.fields["payload"].disabled = True
        waits = review.status == Verdict.WAITING
        context |= {
            "title": self.about(review),
            "subtitle": None,
            "review": review,
            "state": self.state(review),
            "shown": shown,
            "decision": form if waits and self.may_decide(request) else None,
            "facts": _facts(review),
        }
        return super().render_change_form(request, context, *args)

    def decide(self, request: HttpRequest, review_id: UUID) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_decide(request):
            raise PermissionDenied
        review = get_object_or_404(Review.objects.select_related("user"), pk=review_id)
        form = DecisionForm(request.POST)
        if form.is_valid():
            self._decided(request, review, form, approved="approve" in request.POST)
        else:
            for problems in form.errors.values():
                self.message_user(request, " ".join(map(str, problems)), messages.ERROR)
        return HttpResponseRedirect(reverse("admin:executions_review_change", args=[review.pk]))

    def _decided(self, request: HttpRequest, review: Review, form: DecisionForm, *, approved: bool) -> None:
        given = form.cleaned_data
        answer = Answer(
            review.node_execution_id,
            approved=approved,
            message=given["message"] or None,
            edited=review.editable and given["payload"] != review.payload,
            data=given["payload"],
            for_good=given["for_good"],
        )
        try:
            services.decide_reviews(user=review.user, answers=[answer])
        except ExecutionError as refused:
            self.message_user(request, f"{refused} {refused.hint}".strip(), messages.WARNING)
        else:
            self.message_user(request, f"{'Approved' if approved else 'Rejected'}: the node goes on.")
            self.log_change(request, review, "Approved." if approved else "Rejected.")


def _facts(review: Review) -> list[tuple[str, Any]]:
    return [
        ("Who decides", review.user),
        ("Run", markup.link("executions_graphexecution", review.run_id, str(review.run.graph_version))),
        ("Node execution", markup.link("executions_nodeexecution", review.node_execution_id, "its page")),
        ("Asked", markup.moment(review.created_at)),
        ("Decided", markup.moment(review.reviewed_at)),
        ("Message", review.message),
        ("The data was edited", "yes" if review.was_edited else None),
    ]
