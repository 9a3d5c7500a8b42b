"""The form of a credential in the admin: secrets can be written, never read."""

from typing import Any

from django import forms

from credentials.kinds import KINDS, problems
from credentials.models import Credential

ENDS = {"expires_at": "ends", "access_token_expires_at": "token_ends"}  # field of the type → field of the form
SECRET = {"autocomplete": "new-password", "size": 60}


class Unseen(forms.Textarea):
    """An empty field whatever was written into it."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, "", attrs)


def _secret(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=False, strip=False, widget=forms.PasswordInput(attrs=SECRET), help_text=help_text
    )


def _end() -> forms.DateTimeField:
    return forms.DateTimeField(label="Valid until", required=False, help_text="In UTC; empty: for ever, or unchanged")


class CredentialForm(forms.ModelForm[Credential]):
    """Fields of other types stay empty; on a change, empty secrets stay as they are."""

    api_key = _secret("API key")
    access_token = _secret("Access token")
    refresh_token = _secret("Refresh token")
    password = _secret("Password")
    headers = forms.JSONField(
        required=False, widget=Unseen(attrs={"rows": 3, "cols": 60}), help_text='JSON, such as {"X-Api-Key": "..."}'
    )
    ends = _end()
    token_ends = _end()

    class Meta:
        model = Credential
        fields = ["user", "provider", "type", "title", "max_concurrency", "username", "host"]

    def clean(self) -> dict[str, Any]:
        """The same rules as everywhere, said at the fields of this form."""
        cleaned: dict[str, Any] = super().clean() or {}
        kind = self.instance.type if self.is_change else cleaned.get("type")
        if not isinstance(kind, str) or kind not in KINDS:
            return cleaned
        self.values = self._written(cleaned)
        _, wrong = problems(kind, self.values)
        missing = dict.fromkeys(KINDS[kind].required, "") if self.is_change else {}
        for name, text in wrong.items():
            if name in self.values or name not in missing:
                self.add_error(self._field(name), text)
        return cleaned

    @property
    def is_change(self) -> bool:
        return not self.instance._state.adding

    def _written(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """What was filled in, under the names of the service; what does not belong to the type is refused by it."""
        secrets = ("api_key", "access_token", "refresh_token", "password", "headers", "username", "host")
        values = {name: cleaned[name] for name in secrets if cleaned.get(name)}
        ends = {served: cleaned[field].isoformat() for served, field in ENDS.items() if cleaned.get(field)}
        return values | ends

    def _field(self, name: str) -> str | None:
        shown = ENDS.get(name, name)
        return shown if shown in self.fields else None
