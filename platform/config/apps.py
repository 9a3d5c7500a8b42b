"""The project as a Django application: what happens once at the start of every process."""

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import register


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        import outbound
        from blocks import code, plugins, services
        from config import checks, mailing, news

        plugins.name(settings.BLOCK_MODULES)
        code.configure(enabled=settings.PYTHON_CODE)
        outbound.configure(settings.OUTBOUND_ALLOW)
        services.configure(
            settings.SERVICE_URLS, settings.MODEL_KEYS, mailer=mailing.send if settings.BLOCK_MAIL else None
        )
        news.tell()
        register(checks.settings_fit_together, "config")
        register(checks.files_can_be_kept, "config")
        register(checks.moderation_is_possible, "config")
        register(checks.plug_ins_are_loaded, "blocks")
