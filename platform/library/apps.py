from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "library"

    def ready(self) -> None:
        from graphs import signals
        from library import webhooks

        signals.activated.connect(webhooks.graph_activated)
        signals.deleted.connect(webhooks.graph_deleted)
