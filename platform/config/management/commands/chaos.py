"""`manage.py chaos`: does the product keep its promises on this machine while everything in it dies?"""

import os
import sys
from argparse import Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.chaos.options import Options, declare


class Command(BaseCommand):
    help = (
        "Starts a stack of its own, keeps runs of many kinds going on it, kills and disturbs everything in it, and "
        "compares every run with what it gives undisturbed. Nothing of an existing installation is touched."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        declare(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        """The settings are read anew, for a database and a broker that nobody else uses: in a process of its own."""
        words = Options.of(Namespace(**options)).words()
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-m", "config.chaos", *words])
