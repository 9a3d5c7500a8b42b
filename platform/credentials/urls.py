from django.urls import path

from credentials.api import (
    BeginLogin,
    CredentialDetail,
    Credentials,
    CredentialsOfProvider,
    FinishLogin,
    Providers,
)

urlpatterns = [
    path("integrations/providers", Providers.as_view(), name="providers"),
    path("integrations/credentials", Credentials.as_view(), name="credentials"),
    path("integrations/<str:provider>/credentials", CredentialsOfProvider.as_view(), name="provider-credentials"),
    path(
        "integrations/<str:provider>/credentials/<str:credential_id>",
        CredentialDetail.as_view(),
        name="credential-detail",
    ),
    path("integrations/<str:provider>/login", BeginLogin.as_view(), name="credential-login"),
    path("integrations/<str:provider>/callback", FinishLogin.as_view(), name="credential-callback"),
]
