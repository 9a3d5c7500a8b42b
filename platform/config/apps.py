"""The project as a Django application: what happens once at the start of every process."""

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import register


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from blocks import registry
        from config import checks

        register(checks.settings_fit_together, "config")
        registry.load(settings.BLOCK_MODULES)
        register(checks.plug_ins_are_loaded, "config")
