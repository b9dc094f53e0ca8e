"""`/api/students/`, `/api/staff/`, `/api/security/`: each kind of people under its own name; and
what was done to many of them at once.
"""

from django.urls import path
from rest_framework.routers import SimpleRouter

from people.deed_views import DeedViewSet, UndoDeed
from people.kinds import kinds

router = SimpleRouter(use_regex_path=False)
for kind in kinds():
    router.register(kind.plural_key, kind.viewset, basename=kind.key)

ONE = "changes/<uuid:change_id>/"

people_urls = [
    *router.urls,
    path("changes/", DeedViewSet.as_view({"get": "list"}), name="change-list"),
    path(ONE, DeedViewSet.as_view({"get": "retrieve"}, detail=True), name="change-detail"),
    path(f"{ONE}undo/", UndoDeed.as_view(), name="change-undo"),
]
