"""The one command line: `manage.py` and the console script `petiole` are the same."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError

    try:
        getattr(settings, "INSTALLED_APPS")  # noqa: B009  the first read loads the settings, and they the environment
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as wrong:
        _end(str(wrong))
    except DatabaseError:
        if sentence := _unusable_database():
            _end(sentence)
        raise


def _unusable_database() -> str | None:
    from config.supervisor import preparation
    from config.supervisor.errors import CannotStart
    from executions import schema

    try:
        preparation.services_answer()
    except CannotStart as wrong:
        return str(wrong)
    found = schema.fit()
    if found.older:
        return "The tables are not up to date. Run `petiole migrate`, or `petiole up`."
    return found.newer or None


def _end(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.exit(2)
