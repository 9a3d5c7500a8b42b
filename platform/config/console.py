"""The one command line: `manage.py` and the console script `petiole` are the same."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        getattr(settings, "INSTALLED_APPS")  # noqa: B009 the first read loads the settings, and with them the environment
    except ImproperlyConfigured as wrong:
        sys.stderr.write(f"{wrong}\n")
        sys.exit(2)
    execute_from_command_line(sys.argv)
