from django.apps import AppConfig
from django.conf import settings


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from blocks import registry

        registry.load(settings.BLOCK_MODULES)
