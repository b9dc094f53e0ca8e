"""Below `/auth/admin/{admin_id}/` (contract section 7); the rest of it is in `accounts.urls`."""

from django.urls import path

from monitor.views.cards import MonitorCards, MonitorReaders
from monitor.views.dashboard import MonitorDashboard
from monitor.views.incidents import ReportIncident
from monitor.views.students import RegisterStudent, StudentDetails, StudentOfCard
from monitor.views.taps import AttendanceCheck, KitchenServed

own_urls = [
    path("register-card/", MonitorCards.as_view({"post": "create"}, detail=False)),
    path("cards/", MonitorCards.as_view({"get": "list"}, detail=False)),
    path("register-student/", RegisterStudent.as_view({"post": "create"}, detail=False)),
    path("student/", StudentOfCard.as_view({"get": "retrieve"}, detail=True)),
    path(
        "student/<uuid:student_uuid>/details/",
        StudentDetails.as_view({"get": "retrieve"}, detail=True),
    ),
    path("attendance-check/", AttendanceCheck.as_view()),
    path("kitchen-service/", KitchenServed.as_view()),
    path("discipline-incident/", ReportIncident.as_view()),
    path("dashboard/", MonitorDashboard.as_view()),
    path("POS-device/", MonitorReaders.as_view({"get": "list", "post": "create"}, detail=False)),
]
