"""manage.py check_vectors FILE: holds today's blocks against recorded cases."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from blocks import echo_server
from graphs import vectors


class Command(BaseCommand):
    help = "Run recorded cases of blocks and print what differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="JSON file with recorded cases")

    def handle(self, *args: Any, **options: Any) -> None:
        cases = _cases(options["file"])
        failed = 0
        with echo_server.serving() as server:
            for case in cases:
                difference = case.difference(server)
                if difference is not None:
                    failed += 1
                    self.stdout.write(f"{case.title}: {difference}")
        self.stdout.write(f"{len(cases) - failed} passed, {failed} failed")
        if failed:
            raise SystemExit(1)


def _cases(file: str) -> list[vectors.Recorded]:
    try:
        return vectors.parse(Path(file).read_text("utf-8"))
    except OSError as wrong:
        raise CommandError(f"{file} cannot be read: {wrong.strerror}", returncode=2) from wrong
    except (ValueError, RecursionError) as wrong:
        raise CommandError(f"{file} holds no recorded cases: {wrong}", returncode=2) from wrong
