from django.urls import path
from rest_framework.routers import SimpleRouter

from attendance import views

router = SimpleRouter(use_regex_path=False)
router.register("holidays", views.HolidayViewSet, basename="holiday")
router.register("staff", views.StaffAttendanceViewSet, basename="staff-attendance")
router.register("", views.AttendanceViewSet, basename="attendance")

policy = views.PolicyViewSet.as_view(
    {
        "get": "retrieve",
        "post": "change",
        "put": "change",
        "patch": "change",
        "delete": "destroy",
    }
)
attendance_urls = [
    path("policy/", policy, name="attendance-policy"),
    path("correct/", views.CorrectPeople.as_view(), name="attendance-correct"),
    path("close/", views.CloseDay.as_view(), name="attendance-close"),
    *router.urls,
]
