"""`manage.py up`: everything the product needs, in one terminal."""

import os
from argparse import ArgumentTypeError
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser


def number(least: int, most: int) -> Any:
    def parse(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ArgumentTypeError(f"use a number from {least} to {most}")
        return int(text)

    return parse


class Command(BaseCommand):
    help = "Starts the broker (embedded profile), the web server, the workers and beat, and keeps them running."
    requires_system_checks = ["config"]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument(
            "--port",
            type=number(0, 65535),
            default=8000,
            help="port to listen on, 0: a free one (default: %(default)s)",
        )
        parser.add_argument(
            "--workers-io",
            type=number(1, 1024),
            default=128,
            metavar="N",
            help="threads for nodes that wait for something (default: %(default)s)",
        )
        parser.add_argument(
            "--workers-cpu",
            type=number(1, 256),
            default=os.cpu_count() or 1,
            metavar="N",
            help="processes for nodes that compute (default: the number of processors, here %(default)s)",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        from config.supervisor.errors import CannotStart
        from config.supervisor.supervision import Options, run

        chosen = Options(options["host"], options["port"], options["workers_io"], options["workers_cpu"])
        try:
            status = run(chosen)
        except (CannotStart, ImproperlyConfigured) as wrong:
            raise CommandError(str(wrong), returncode=2) from None
        if status:
            raise CommandError("Petiole could not be started; the lines above say why.", returncode=status)
