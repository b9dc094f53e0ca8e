from django.urls import path
from rest_framework.routers import SimpleRouter

from webhooks.views import DeliveryViewSet, WebhookViewSet

router = SimpleRouter(use_regex_path=False)
router.register("", WebhookViewSet, basename="webhook")

DELIVERIES = "<uuid:webhook_id>/deliveries/"

webhook_urls = [
    path(DELIVERIES, DeliveryViewSet.as_view({"get": "list"}), name="delivery-list"),
    path(
        f"{DELIVERIES}<uuid:delivery_id>/resend/",
        DeliveryViewSet.as_view({"post": "resend"}, detail=True),
        name="delivery-resend",
    ),
    *router.urls,
]
