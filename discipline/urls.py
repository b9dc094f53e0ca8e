from rest_framework.routers import SimpleRouter

from discipline import views

router = SimpleRouter(use_regex_path=False)
router.register("incidents", views.IncidentViewSet, basename="incident")

discipline_urls = router.urls
