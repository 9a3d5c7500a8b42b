"""The pages of the admin are imported by who shows or checks them: the web process, system checks. Not by commands."""

from typing import Any

from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks


class AdminConfig(SimpleAdminConfig):
    default_site = "config.branding.Site"

    def ready(self) -> None:
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(pages_are_right, checks.Tags.admin)


def pages_are_right(**how: Any) -> list[checks.CheckMessage]:
    discover()
    return check_admin_app(**how)


def discover() -> None:
    """Every page is registered after this. Again is harmless."""
    import django_stubs_ext
    from django.contrib import admin

    django_stubs_ext.monkeypatch()  # makes ModelAdmin[Model] subscriptable at run time
    admin.autodiscover()
