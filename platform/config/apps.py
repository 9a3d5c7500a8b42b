"""The project as a Django application: what happens once at the start of every process."""

from importlib.util import find_spec

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import register


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks

        register(checks.settings_fit_together, "config")
        if find_spec("blocks.registry") is None:
            return
        from blocks import registry

        registry.load(settings.BLOCK_MODULES)
        register(checks.plug_ins_are_loaded, "config")
