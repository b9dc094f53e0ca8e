from django.urls import path
from rest_framework.routers import SimpleRouter

from attendance import import_views, rule_views, views, why_views

router = SimpleRouter(use_regex_path=False)
router.register("holidays", rule_views.HolidayViewSet, basename="holiday")
router.register("schedules", rule_views.ScheduleViewSet, basename="attendance-schedule")
router.register("absences", rule_views.AbsenceViewSet, basename="absence")
router.register("changes", rule_views.RuleChangeViewSet, basename="rule-change")
router.register("staff", views.StaffAttendanceViewSet, basename="staff-attendance")
router.register("", views.AttendanceViewSet, basename="attendance")

policy = rule_views.PolicyViewSet.as_view(
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
    path("reopen/", views.ReopenDay.as_view(), name="attendance-reopen"),
    path("absences/import/", import_views.ImportAbsences.as_view(), name="absences-import"),
    path(
        "absences/import/template/",
        import_views.AbsencesTemplate.as_view(),
        name="absences-import-template",
    ),
    path("<uuid:attendance_id>/why/", why_views.WhyView.as_view(), name="attendance-why"),
    path("staff/<uuid:attendance_id>/why/", why_views.StaffWhyView.as_view(), name="staff-why"),
    *router.urls,
]
