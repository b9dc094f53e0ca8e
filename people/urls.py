"""`/api/students/`, `/api/staff/`, `/api/security/`: each kind of people under its own name."""

from rest_framework.routers import SimpleRouter

from people.kinds import kinds

router = SimpleRouter(use_regex_path=False)
for kind in kinds():
    router.register(kind.plural_key, kind.viewset, basename=kind.key)

people_urls = router.urls
