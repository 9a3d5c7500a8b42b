"""manage.py test_block NAME: runs a block's own cases."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from blocks import registry
from blocks.sdk import BlockSpec, run_case
from blocks.testing import cases_of


class Command(BaseCommand):
    help = "Run the cases that stand next to a block."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="name or id of an installed block; the ending Block may be left out")

    def handle(self, *args: Any, **options: Any) -> None:
        spec = _named(options["name"])
        cases = cases_of(spec)
        if not cases:
            raise CommandError(f"{spec.name} has no cases.")
        failed = 0
        for number, case in enumerate(cases):
            difference = run_case(spec, case)
            failed += difference is not None
            self.stdout.write(f"{spec.name} {number}: {difference or 'passed'}")
        self.stdout.write(f"{len(cases) - failed} passed, {failed} failed")
        if failed:
            raise SystemExit(1)


def _named(name: str) -> BlockSpec:
    wanted = {name.lower(), f"{name}block".lower()}
    for spec in registry.catalogue():
        if spec.name.lower() in wanted or spec.id == name:
            if spec.implementation is None:
                raise CommandError(f"{spec.disabled}", returncode=2)
            return spec
    broken = [f"{one.source}: {one.reason}" for one in registry.broken()]
    loaded = "\n".join(["These could not be loaded:", *broken]) if broken else "Is its package installed?"
    raise CommandError(f"There is no block {name!r}. {loaded}", returncode=2)
