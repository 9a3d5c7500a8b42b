"""Every address of the product: the admin, the API below /v1/, its schema, health and metrics."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from config.admin_site import discover
from notifications import unsubscribing

discover()
urlpatterns = [
    path("admin/", admin.site.urls),
    path("v1/", include("graphs.urls")),
    path("v1/", include("executions.urls")),
    path("v1/", include("scheduling.urls")),
    path("v1/", include("library.urls")),
    path("v1/", include("accounts.urls")),
    path("v1/", include("credentials.urls")),
    path("v1/", include("credits.urls")),
    path("v1/", include("notifications.urls")),
    path("unsubscribe/<str:token>/", unsubscribing.page, name="unsubscribe"),
    path("v1/schema", SpectacularAPIView.as_view(), name="schema"),
    path("v1/docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
