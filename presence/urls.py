from django.urls import path
from rest_framework.routers import SimpleRouter

from presence import views

router = SimpleRouter(use_regex_path=False)
router.register("roll-calls", views.RollCallViewSet, basename="roll-call")

presence_urls = [
    path("on-site/", views.OnSiteView.as_view(), name="on-site"),
    path("streaks/", views.StreaksView.as_view(), name="streaks"),
    *router.urls,
]
