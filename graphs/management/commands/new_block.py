"""manage.py new_block NAME: starts a plug-in with one block."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from blocks import skeleton


class Command(BaseCommand):
    help = "Write the skeleton of a block in a package of its own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="name of the block, such as ShoutText")
        parser.add_argument("--folder", type=Path, help="where to write it; must be new (default: petiole-NAME here)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            names = skeleton.named(options["name"])
            folder = options["folder"] or Path(names.distribution)
            written = skeleton.write(names, folder)
        except ValueError as wrong:
            raise CommandError(str(wrong), returncode=2) from wrong
        except FileExistsError as wrong:
            raise CommandError(f"{folder} is there already; choose another --folder.", returncode=2) from wrong
        except OSError as wrong:
            raise CommandError(f"{wrong.filename} cannot be written: {wrong.strerror}") from wrong
        for path in written:
            self.stdout.write(f"wrote {path}")
        self.stdout.write(f"Next: pip install --no-deps --editable {folder}, then test_block {names.block}")
