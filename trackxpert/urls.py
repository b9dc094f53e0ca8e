"""Every address of TrackXpert."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.i18n import set_language
from rest_framework.routers import SimpleRouter

from accounts.urls import monitor_urls, token_urls
from attendance.urls import attendance_urls
from cards.public_photos import public_photo
from cards.urls import card_urls, verify_urls
from cards.verification import ShortAddress
from core.health import healthz, readyz
from core.languages import script_words
from core.schema_views import DocsView, SchemaView
from dashboard.views import DashboardPartsView, DashboardView
from discipline.urls import discipline_urls
from doors.registry import door_urls
from institution.brand import brand_css
from institution.logo import logo
from kitchen.urls import kitchen_urls
from live.views import Live
from monitor.urls import own_urls
from notifications.urls import guardian_list_urls, notification_urls, stop_urls
from notifications.views import GuardianViewSet
from office.setup import FirstAdministrator
from operations.views import metrics, status
from people.media import photo, small_photo
from people.urls import people_urls
from pos.urls import pos_urls, reader_urls
from presence.urls import presence_urls
from reports.urls import report_urls
from webhooks.urls import webhook_urls

router = SimpleRouter(use_regex_path=False)
router.register("students/<uuid:student_uuid>/guardians", GuardianViewSet, basename="guardian")

urlpatterns = [
    path("", DashboardView.as_view(), name="home"),
    path("setup/", FirstAdministrator.as_view(), name="setup"),
    path("dashboard/parts/", DashboardPartsView.as_view(), name="dashboard-parts"),
    path("language/", set_language, name="set-language"),
    path("words.js", script_words, name="script-words"),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("status", status),
    path("brand.css", brand_css, name="brand-css"),
    path("logo/<str:digest>", logo, name="logo"),
    path("admin/", admin.site.urls),
    path("api/token/", include(token_urls)),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(url_name="schema"), name="docs"),
    path("api/cards/", include([*verify_urls, *card_urls])),
    path("api/attendance/", include([*presence_urls, *attendance_urls])),
    path("api/kitchen/", include(kitchen_urls)),
    path("api/discipline/", include(discipline_urls)),
    path("api/guardians/", include(guardian_list_urls)),
    path("api/notifications/", include(notification_urls)),
    path("api/live/", Live.as_view(), name="live"),
    path("api/pos/", include(pos_urls)),
    path("api/reports/", include(report_urls)),
    path("api/webhooks/", include(webhook_urls)),
    path("api/", include([*people_urls, *router.urls])),
    path("auth/admin/", include(monitor_urls)),
    path("auth/admin/<uuid:admin_id>/", include(own_urls)),
    path("reader/", include(reader_urls)),
    path("s/", include(stop_urls)),
    *door_urls(),
    path("v/<str:code>", ShortAddress.as_view(), name="short-address"),
    path("v/<str:code>/", ShortAddress.as_view()),
    # As the QR has it: capitals need fewer dots.
    path("V/<str:code>", ShortAddress.as_view()),
    path("V/<str:code>/", ShortAddress.as_view()),
    re_path(r"^media/photos/(?P<name>[0-9a-f]{32}\.jpg)$", photo, name="photo"),
    re_path(r"^media/photos/small/(?P<name>[0-9a-f]{32}\.jpg)$", small_photo, name="small-photo"),
    path("media/shown/<str:signed>.jpg", public_photo, name="public-photo"),
]

handler400 = "core.error_responses.bad_request"
handler403 = "core.error_responses.permission_denied"
handler404 = "core.error_responses.page_not_found"
handler500 = "core.error_responses.server_error"
