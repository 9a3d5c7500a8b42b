"""manage.py export_graph ID[@VERSION]: prints a graph as an agent file, without secrets."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from graphs import services
from graphs.errors import GraphNotFound
from graphs.exporting import export
from graphs.models import Graph, GraphVersion
from graphs.reading import uuid_of


class Command(BaseCommand):
    help = "Print a graph as an agent file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("graph", metavar="ID[@VERSION]", help="without a version the active one")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(export(_version(options["graph"])), indent=2))


def _version(text: str) -> GraphVersion:
    graph_id, _, number = text.partition("@")
    if number and not number.isdecimal():
        raise CommandError(f"{number!r} is not the number of a version.")
    graph = Graph.objects.filter(id=uuid_of(graph_id), deleted_at=None).select_related("owner").first()
    if graph is None:
        raise CommandError(f"There is no graph {graph_id}.")
    try:
        return services.find(graph.owner, graph.id, int(number) if number else "active")
    except GraphNotFound as wrong:
        raise CommandError(str(wrong)) from wrong
