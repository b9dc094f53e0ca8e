from django.urls import path
from rest_framework.routers import SimpleRouter

from reports import views

router = SimpleRouter(use_regex_path=False)
router.register("schedules", views.ReportScheduleViewSet, basename="report-schedule")

report_urls = [
    path("attendance/", views.AttendanceReport.as_view(), name="attendance-report"),
    path("discipline/", views.DisciplineReport.as_view(), name="discipline-report"),
    path("kitchen/", views.KitchenReport.as_view(), name="kitchen-report"),
    *router.urls,
]
