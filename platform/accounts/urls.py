from django.urls import path

from accounts.api import CurrentUser

urlpatterns = [path("auth/user", CurrentUser.as_view(), name="auth-user")]
