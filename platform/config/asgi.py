"""The web application: `uvicorn config.asgi:application`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("PETIOLE_POOL", "16")  # requests run in threads of their own: connections must outlive them

from django.core.asgi import get_asgi_application
from django.urls import get_resolver

from config.bodies import LimitedBodies

application = LimitedBodies(get_asgi_application())
get_resolver().url_patterns  # noqa: B018 import every view now, so that the first request does not wait for it
