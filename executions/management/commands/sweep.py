"""`manage.py sweep`: what should have moved and has not is moved now."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from executions import sweeping
from executions.console.failures import in_one_line


class Command(BaseCommand):
    help = (
        "Looks through all rows once and moves what has been left lying: wakes, publishes, admits, stops and "
        "concludes. Workers and beat do the same every few seconds."
    )

    def handle(self, **_: Any) -> None:
        with in_one_line():
            swept = sweeping.sweep()
        if not swept:
            self.stdout.write("Nothing was left lying.")
        for name, number in asdict(swept).items():
            if number:
                self.stdout.write(f"{name}: {number}")
