from pathlib import Path
from typing import Any

from django.conf import settings

from config import env
from tests.project.documents import tables


def documented(value: Any) -> str | None:
    """A default as the page writes it; None where it depends on the profile or the machine and is put in words."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int | float):
        return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"
    return f"`{value}`" if isinstance(value, str) and value.isupper() else None


def test_every_variable_is_documented_and_no_other() -> None:
    assert Path(settings.STATE) == settings.STATE  # the settings are read
    assert set(tables("settings.md")) == set(env.KNOWN)


def test_documented_defaults_are_the_real_ones() -> None:
    by_profile = {"PETIOLE_HTTPS", "PETIOLE_LOG_JSON"}
    page = tables("settings.md")
    real = {name: documented(default) for name, default in env.KNOWN.items() if name not in by_profile}
    assert {name: page[name][0] for name, text in real.items() if text} == {n: text for n, text in real.items() if text}


def test_every_variable_has_a_meaning() -> None:
    assert [name for name, cells in tables("settings.md").items() if len(cells) != 2 or len(cells[1]) < 10] == []
