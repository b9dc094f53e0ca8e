"""Webhooks, for administrators only (contract section 10)."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import MayAdminister
from core.locks import for_change
from core.strict import StrictView
from core.viewsets import ConditionalModelViewSet
from webhooks import services
from webhooks.filters import DeliveryFilter
from webhooks.models import Delivery, Webhook
from webhooks.sending import send_test
from webhooks.serializers import (
    DeliverySerializer,
    NewWebhookSerializer,
    SecretSerializer,
    TestResultSerializer,
    WebhookSerializer,
)


@extend_schema_view(
    list=extend_schema(summary="List webhooks"),
    retrieve=extend_schema(summary="Read a webhook"),
    update=extend_schema(summary="Replace a webhook's settings"),
    partial_update=extend_schema(summary="Change a webhook"),
    destroy=extend_schema(summary="Delete a webhook and its log"),
)
class WebhookViewSet(ConditionalModelViewSet[Webhook]):
    """Other programs that are told what happens here."""

    permission_classes = (MayAdminister,)
    queryset = Webhook.objects.all()
    serializer_class = WebhookSerializer
    filterset_fields = ("is_active",)
    lookup_field = "webhook_id"
    lookup_value_converter = "uuid"
    ordering_fields = ("created_at", "url")
    # It waits for the receiver: no lock is held meanwhile.
    unlocked_actions = frozenset({"test"})

    @extend_schema(summary="Register a webhook", responses={201: NewWebhookSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The answer holds the secret that deliveries are signed with, shown this once."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        webhook, secret = services.create_webhook(by=request.user, **serializer.validated_data)
        data, etag = self.representation(webhook)
        headers = {"ETag": etag, "Cache-Control": "no-store"}
        return Response({**data, "secret": secret}, status=status.HTTP_201_CREATED, headers=headers)

    def perform_destroy(self, instance: Webhook) -> None:
        services.delete_webhook(webhook=instance)

    @extend_schema(summary="Give a webhook a new secret", request=None, responses=SecretSerializer)
    @action(detail=True, methods=["post"], url_path="roll-secret")
    @transaction.atomic
    def roll_secret(self, request: Request, **kwargs: Any) -> Response:
        """A new secret, shown this once. For 24 hours the old one signs as well, in a header of
        its own."""
        webhook = self.get_object()
        self.check_precondition(webhook)
        secret = services.roll_secret(webhook=webhook)
        body = {
            "webhook_id": webhook.pk,
            "secret": secret,
            "previous_secret_until": webhook.previous_until,
        }
        return Response(SecretSerializer(body).data, headers={"Cache-Control": "no-store"})

    @extend_schema(summary="Send a test event now", request=None, responses=TestResultSerializer)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, **kwargs: Any) -> Response:
        """One event of type `test`, once, also if the webhook is switched off; what came back."""
        outcome = send_test(self.get_object())
        body = {**asdict(outcome), "delivered": outcome.is_delivered}
        return Response(TestResultSerializer(body).data)


class DeliveryViewSet(StrictView, mixins.ListModelMixin, viewsets.GenericViewSet[Delivery]):
    """The log of one webhook, latest first."""

    permission_classes = (MayAdminister,)
    queryset = Delivery.objects.all()
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    ordering_fields = ("created_at", "last_attempt_at")
    lookup_field = "event_id"
    lookup_url_kwarg = "delivery_id"

    def get_queryset(self) -> QuerySet[Delivery]:
        deliveries: QuerySet[Delivery] = super().get_queryset()
        return deliveries.filter(webhook=self.kwargs.get("webhook_id"))

    @extend_schema(summary="List the deliveries of a webhook")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        get_object_or_404(Webhook, pk=self.kwargs["webhook_id"])
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="Send a delivery again", request=None, responses=DeliverySerializer)
    @transaction.atomic
    def resend(self, request: Request, webhook_id: UUID, delivery_id: UUID) -> Response:
        """With all its tries, and the same event id; 409 while it is being sent or the webhook is
        switched off."""
        delivery = get_object_or_404(for_change(self.get_queryset()), event_id=delivery_id)
        return Response(self.get_serializer(services.resend(delivery=delivery)).data)
