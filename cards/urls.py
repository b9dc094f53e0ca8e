from django.urls import path
from rest_framework.routers import SimpleRouter

from cards import verification
from cards.print_views import PrintJobViewSet, PrintLogViewSet, VerificationLogViewSet
from cards.temporary_views import TemporaryCardViewSet
from cards.views import CardViewSet
from people.kinds import kinds

router = SimpleRouter(use_regex_path=False)
router.register("", CardViewSet, basename="card")

router.register("temporary", TemporaryCardViewSet, basename="temporary-card")
router.register("print-jobs", PrintJobViewSet, basename="print-job")
router.register("print-logs", PrintLogViewSet, basename="print-log")
router.register("verification-logs", VerificationLogViewSet, basename="verification-log")

card_urls = router.urls
verify_urls = [
    path(
        f"verify/{kind.key}/<str:holder>/",
        verification.view_of_kind(kind).as_view(),
        name=f"verify-{kind.key}",
    )
    for kind in kinds()
]
