from django.urls import path
from rest_framework.routers import SimpleRouter

from pos import views

router = SimpleRouter(use_regex_path=False)
router.register("taps", views.TapViewSet, basename="tap")
router.register("devices", views.DeviceViewSet, basename="device")

pos_urls = [
    path("heartbeat/", views.Heartbeats.as_view(), name="heartbeat"),
    *router.urls,
]
