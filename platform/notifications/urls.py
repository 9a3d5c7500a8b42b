from django.urls import path

from notifications.api import Notices, Preferences, WebhookView

urlpatterns = [
    path("notifications", Notices.as_view(), name="notifications"),
    path("notifications/preferences", Preferences.as_view(), name="notification-preferences"),
    path("notifications/webhook", WebhookView.as_view(), name="notification-webhook"),
]
