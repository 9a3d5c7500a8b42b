from typing import Any

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "library"

    def ready(self) -> None:
        from graphs import signals

        signals.activated.connect(_activated)
        signals.deleted.connect(_deleted)


# What reads blocks is loaded by who changes graphs, not by every command.


def _activated(**message: Any) -> None:
    from library import webhooks

    webhooks.graph_activated(**message)


def _deleted(**message: Any) -> None:
    from library import store, webhooks

    webhooks.graph_deleted(**message)
    store.graph_deleted(**message)
