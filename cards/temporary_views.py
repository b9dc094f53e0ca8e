"""Temporary cards over REST: given out, taken back, and which are out and overdue (contract
section 6)."""

from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts.models import User
from accounts.permissions import CardAccess
from cards import services
from cards.filters import TemporaryCardFilter
from cards.models import Card
from cards.serializers import TemporaryCardCreateSerializer, TemporaryCardSerializer
from cards.throttles import CreateThrottle
from core.filters import DEFAULT_FILTERS, SearchTextFilter
from core.viewsets import ConditionalModelViewSet
from people.looking import note_look
from people.models import Look


class TemporaryCardViewSet(ConditionalModelViewSet[Card]):
    """Temporary cards; whatever else is done with a card is at its own address."""

    permission_classes = (CardAccess,)
    queryset = Card.objects.temporary().with_holders()
    serializer_class = TemporaryCardSerializer
    filterset_class = TemporaryCardFilter
    filter_backends = (*DEFAULT_FILTERS, SearchTextFilter)
    http_method_names = ("get", "post", "head", "options")
    lookup_field = "card_uuid"
    lookup_value_converter = "uuid"
    ordering_fields = ("created_at", "valid_until", "rfid_number")
    ordering_names: ClassVar[dict[str, str]] = {"valid_until": "expiry_date"}

    def get_throttles(self) -> list[BaseThrottle]:
        return [CreateThrottle()] if self.action == "create" else []

    def before_shown(self, instance: Card) -> None:
        note_look(self.request, Look.What.CARD, instance.person_id)

    @extend_schema(request=TemporaryCardCreateSerializer, responses={201: TemporaryCardSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Lend somebody a card; their own is refused while it lasts."""
        assert isinstance(request.user, User)
        serializer = TemporaryCardCreateSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        card = services.issue_temporary_card(by=request.user, **serializer.validated_data)
        return self.respond(card, status_code=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=TemporaryCardSerializer)
    @action(detail=True, methods=["post"], url_path="return")
    @transaction.atomic
    def take_back(self, request: Request, **kwargs: Any) -> Response:
        """Take a temporary card back, overdue or not; the holder's own card is good again."""
        card = self.get_object()
        self.check_precondition(card)
        return self.respond(services.return_card(card=card))
