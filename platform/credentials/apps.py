from django.apps import AppConfig
from django.core import checks


class CredentialsConfig(AppConfig):
    name = "credentials"

    def ready(self) -> None:
        from credentials.checks import integrations_can_be_read

        checks.register(integrations_can_be_read, "config")
