"""The form of a schedule: the fields and what the services say of them."""

from typing import Any, Final

from django import forms

from graphs.errors import GraphError
from scheduling import services
from scheduling.errors import TimesInvalid
from scheduling.models import Schedule

FIELDS: Final = (
    "graph",
    "version",
    "name",
    "enabled",
    "cron",
    "every_seconds",
    "at",
    "timezone",
    "starts_at",
    "ends_at",
    "jitter_seconds",
    "misfire",
    "misfire_limit",
    "overlap",
    "max_cost",
    "inputs",
    "credentials_inputs",
    "masks",
)


class ScheduleForm(forms.ModelForm[Schedule]):
    inputs = forms.JSONField(required=False, initial=dict, help_text="A JSON object: name of the input → value")
    credentials_inputs = forms.JSONField(required=False, initial=dict, help_text="A JSON object, as for a run")
    masks = forms.JSONField(required=False, initial=dict, help_text="A JSON object: node id → pin → value")

    class Meta:
        model = Schedule
        fields = FIELDS
        widgets = {"cron": forms.TextInput(attrs={"size": 40, "placeholder": "minute hour day month weekday"})}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("inputs", "credentials_inputs", "masks"):
            if name not in self.errors:
                data[name] = {} if data.get(name) is None else data[name]
                if not isinstance(data[name], dict):
                    self.add_error(name, "Write one JSON object, such as {}.")
        return data

    def _post_clean(self) -> None:
        """After the model's own rules: is the time possible, and may the graph be run like this?"""
        super()._post_clean()  # type: ignore[misc]  # not in the stubs
        schedule = self.instance
        if self.errors or schedule.graph_id is None:
            return
        if schedule._state.adding:
            schedule.user = schedule.graph.owner
        try:
            services.check(schedule, new=schedule._state.adding or "at" in self.changed_data)
        except TimesInvalid as wrong:
            self.add_error(wrong.field if wrong.field in self.fields else None, wrong.message)
        except GraphError as wrong:
            text = wrong.as_text() if hasattr(wrong, "as_text") else str(wrong)
            self.add_error(None, f"The graph cannot be run like this. {text}")
