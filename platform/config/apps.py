"""The project as a Django application: what happens once at the start of every process."""

from importlib.util import find_spec

from django.apps import AppConfig
from django.conf import settings


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        if find_spec("blocks.registry") is None:
            return
        from blocks import registry

        registry.load(settings.BLOCK_MODULES)
