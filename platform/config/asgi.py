"""The web application: `uvicorn config.asgi:application`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("PETIOLE_POOL", "16")  # each request has a thread of its own, so connections are kept in a pool

from django.core.asgi import get_asgi_application
from django.db import connections
from django.urls import get_resolver

from config.bodies import LimitedBodies

application = LimitedBodies(get_asgi_application())
connections.settings["default"]["CONN_MAX_AGE"] = 0  # a connection kept for a thread would be lost with it
get_resolver().url_patterns  # noqa: B018 import every view now, so that the first request does not wait for it
