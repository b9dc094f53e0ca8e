from django.urls import path
from rest_framework.routers import SimpleRouter

from cards import verification
from cards.print_views import PrintJobViewSet, PrintLogViewSet, VerificationLogViewSet
from cards.views import CardViewSet

router = SimpleRouter(use_regex_path=False)
router.register("", CardViewSet, basename="card")

router.register("print-jobs", PrintJobViewSet, basename="print-job")
router.register("print-logs", PrintLogViewSet, basename="print-log")
router.register("verification-logs", VerificationLogViewSet, basename="verification-log")

card_urls = router.urls
verify_urls = [
    path(
        "verify/student/<str:holder>/", verification.VerifyStudent.as_view(), name="verify-student"
    ),
    path("verify/staff/<str:holder>/", verification.VerifyStaff.as_view(), name="verify-staff"),
    path(
        "verify/security/<str:holder>/",
        verification.VerifySecurity.as_view(),
        name="verify-security",
    ),
]
