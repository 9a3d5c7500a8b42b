"""manage.py import_graph FILE: stores the graph of an agent file and its sub-graphs."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from graphs import services
from graphs.errors import GraphError
from graphs.importing import Imported, import_file
from graphs.management.owner import owner_named


class Command(BaseCommand):
    help = "Import an agent file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="JSON file; - reads from the standard input")
        parser.add_argument("--owner", help="user name (default: the first administrator, or the only user)")
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = owner_named(options["owner"])
        try:
            imported = import_file(owner, _content(options["file"]))
        except GraphError as wrong:
            raise CommandError(f"Not imported: {wrong}") from wrong
        told = _told(imported)
        if options["json"]:
            self.stdout.write(json.dumps(told, indent=2))
            return
        subs = f", {len(told['sub_graphs'])} sub-graphs" if told["sub_graphs"] else ""
        size = f"{told['nodes']} nodes, {told['links']} links{subs}"
        self.stdout.write(f"Imported {told['name']!r} as {told['id']} ({size}).")
        for warning in imported.warnings:
            self.stderr.write(self.style.WARNING(f"warning: {warning}"))


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as wrong:
        raise CommandError(f"{file} cannot be read: {wrong.strerror}") from wrong


def _told(imported: Imported) -> dict[str, Any]:
    version = imported.version
    subs = services.sub_versions(version)
    return {
        "id": str(version.graph_id),
        "version": version.version,
        "name": version.name,
        "nodes": version.nodes.count(),
        "links": version.links.count(),
        "sub_graphs": [{"id": str(sub.graph_id), "version": sub.version, "name": sub.name} for sub in subs],
        "warnings": imported.warnings,
    }
