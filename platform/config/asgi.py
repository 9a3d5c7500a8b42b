"""The web application: `uvicorn config.asgi:application`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("PETIOLE_POOL", "16")  # requests run in threads, which share connections

django.setup(set_prefix=False)

from django.urls import get_resolver  # noqa: E402  after the setup, as everything that imports views

from blocks import registry  # noqa: E402
from config.bodies import LimitedBodies  # noqa: E402
from config.handler import OneHop  # noqa: E402
from config.metrics import web_page  # noqa: E402

registry.load()
application = LimitedBodies(OneHop())
web_page()
get_resolver().url_patterns  # noqa: B018 import every view now, so that the first request does not wait for it
