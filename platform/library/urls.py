from django.urls import path

from library import api, store_api, webhook_api

urlpatterns = [
    path("store/listings", store_api.Listings.as_view()),
    path("store/listings/<uuid:listing_id>", store_api.ListingDetail.as_view()),
    path("graphs/<uuid:graph_id>/listing", store_api.GraphListing.as_view()),
    path("library/agents", store_api.LibraryAgents.as_view()),
    path("library/presets", api.Presets.as_view()),
    path("library/presets/setup-trigger", api.SetUpTrigger.as_view()),
    path("library/presets/<uuid:preset_id>", api.PresetDetail.as_view()),
    path("library/presets/<uuid:preset_id>/execute", api.ExecutePreset.as_view()),
    path("integrations/webhooks", webhook_api.Webhooks.as_view()),
    path("integrations/webhooks/<uuid:webhook_id>", webhook_api.WebhookDetail.as_view()),
    path("integrations/webhooks/<uuid:webhook_id>/deliveries", webhook_api.Deliveries.as_view()),
    path("integrations/<str:provider>/webhooks/<uuid:webhook_id>/ingress", webhook_api.Ingress.as_view()),
]
