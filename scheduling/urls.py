from django.urls import path

from scheduling import api

urlpatterns = [
    path("graphs/<uuid:graph_id>/schedules", api.GraphSchedules.as_view()),
    path("schedules", api.Schedules.as_view()),
    path("schedules/preview", api.Preview.as_view()),
    path("schedules/<uuid:schedule_id>", api.ScheduleDetail.as_view()),
    path("schedules/<uuid:schedule_id>/fires", api.Fires.as_view()),
    path("schedules/<uuid:schedule_id>/run-now", api.RunNow.as_view()),
    path("schedules/<uuid:schedule_id>/backfill", api.Backfills.as_view()),
    path("schedules/<uuid:schedule_id>/backfill/<uuid:backfill_id>", api.BackfillDetail.as_view()),
]
