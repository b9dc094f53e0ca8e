"""`/api/students/`, `/api/staff/`, `/api/security/`: each kind of people under its own name; and
what was done to many of them at once.
"""

from rest_framework.routers import SimpleRouter

from people.deed_views import DeedViewSet
from people.kinds import kinds

router = SimpleRouter(use_regex_path=False)
for kind in kinds():
    router.register(kind.plural_key, kind.viewset, basename=kind.key)

router.register("changes", DeedViewSet, basename="change")

people_urls = router.urls
