import re
from collections.abc import Iterator
from importlib import import_module

import pytest
from django.core.management import get_commands, load_command_class

from tests.project.documents import ROOT

PAGE = (ROOT / "docs" / "commands.md").read_text()
SECTIONS = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
COMMON = {
    "help",
    "version",
    "verbosity",
    "settings",
    "pythonpath",
    "traceback",
    "no_color",
    "force_color",
    "skip_checks",
}
OURS = sorted(
    name for name, app in get_commands().items() if "site-packages" not in (import_module(app).__file__ or "")
)


def options(name: str) -> Iterator[str]:
    """What the command adds to the options that every command of Django has."""
    command = load_command_class(get_commands()[name], name)
    parser = command.create_parser("manage.py", name)
    for action in parser._actions:
        if action.dest not in COMMON:
            yield from (word for word in action.option_strings if word.startswith("--"))


def test_every_command_is_documented_and_no_other() -> None:
    assert sorted(SECTIONS) == OURS


@pytest.mark.parametrize("name", OURS)
def test_every_option_is_documented_and_no_other(name: str) -> None:
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", SECTIONS[name])) == set(options(name))
