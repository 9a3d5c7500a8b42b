"""Every address of the product: the admin, the API below /v1/, its schema, health and metrics."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

_API = [name for name in ("graphs.urls", "executions.urls", "accounts.urls", "credits.urls") if find_spec(name)]

urlpatterns = [
    path("admin/", admin.site.urls),
    *(path("v1/", include(name)) for name in _API),
    path("v1/schema", SpectacularAPIView.as_view(), name="schema"),
    path("v1/docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
