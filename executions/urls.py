from django.urls import path

from executions import api, estimates
from executions.files import api as files
from executions.reviews import api as reviews

urlpatterns = [
    path("executions", api.Runs.as_view()),
    path("files/upload", files.Uploads.as_view()),
    path("files/<uuid:upload_id>", files.Uploaded.as_view()),
    path("graphs/<uuid:graph_id>/executions/<uuid:run_id>/files", files.RunFiles.as_view()),
    path("graphs/<uuid:graph_id>/executions/<uuid:run_id>/files/<str:name>", files.RunFile.as_view()),
    path("review/pending", reviews.Pending.as_view()),
    path("review/execution/<uuid:run_id>", reviews.OfRun.as_view()),
    path("review/action", reviews.Action.as_view()),
    path("graphs/<uuid:graph_id>/execute/<int:version>", api.Execute.as_view()),
    path("graphs/<uuid:graph_id>/estimate", estimates.Estimates.as_view()),
    path("graphs/<uuid:graph_id>/executions", api.GraphRuns.as_view()),
    path("graphs/<uuid:graph_id>/executions/<uuid:run_id>", api.RunDetail.as_view()),
    path("graphs/<uuid:graph_id>/executions/<uuid:run_id>/stop", api.Stop.as_view()),
    path("graphs/<uuid:graph_id>/executions/<uuid:run_id>/retry", api.Retry.as_view()),
    path("graphs/<uuid:graph_id>/executions/<uuid:run_id>/pause", api.Pause.as_view()),
    path("graphs/<uuid:graph_id>/executions/<uuid:run_id>/resume", api.Resume.as_view()),
]
