from django.urls import path
from rest_framework.routers import SimpleRouter

from pos import reader_page, views

router = SimpleRouter(use_regex_path=False)
router.register("taps", views.TapViewSet, basename="tap")
router.register("devices", views.DeviceViewSet, basename="device")

pos_urls = [
    path("heartbeat/", views.Heartbeats.as_view(), name="heartbeat"),
    path("me/", views.OwnReader.as_view(), name="own-reader"),
    path("admission/", views.AdmissionList.as_view(), name="admission"),
    path("pair/", views.Pair.as_view(), name="pair"),
    *router.urls,
]

reader_urls = [
    path("", reader_page.page, name="reader"),
    path("sw.js", reader_page.worker, name="reader-worker"),
    path("manifest.webmanifest", reader_page.manifest, name="reader-manifest"),
]
