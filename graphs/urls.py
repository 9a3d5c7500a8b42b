from django.urls import path

from graphs import api

urlpatterns = [
    path("blocks", api.Blocks.as_view(), name="blocks"),
    path("graphs", api.Graphs.as_view(), name="graphs"),
    path("graphs/<uuid:graph_id>", api.GraphDetail.as_view(), name="graph"),
    path("graphs/<uuid:graph_id>/settings", api.Settings.as_view(), name="graph-settings"),
    path("graphs/<uuid:graph_id>/versions", api.GraphVersions.as_view(), name="graph-versions"),
    path("graphs/<uuid:graph_id>/versions/active", api.ActiveVersion.as_view(), name="graph-active-version"),
    path("graphs/<uuid:graph_id>/versions/<int:version>", api.GraphVersionDetail.as_view(), name="graph-version"),
    path("graphs/<uuid:graph_id>/versions/<int:version>/needs", api.Needs.as_view(), name="graph-needs"),
]
