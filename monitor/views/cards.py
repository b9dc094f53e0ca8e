"""Cards and readers at the monitor: the viewsets of /api/, at their other addresses."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from cards.models import Card
from cards.serializers import CardCreateSerializer
from cards.views import CardViewSet
from core.viewsets import entity_tag
from monitor.serializers import MonitorCardSerializer
from monitor.views.own_name import InOwnName
from pos.views import DeviceViewSet


class MonitorCards(InOwnName, CardViewSet):
    """As `/api/cards/`: same bodies, same limits, and the same answers beside the seed's names."""

    serializer_class = MonitorCardSerializer

    @extend_schema(request=CardCreateSerializer, responses={201: MonitorCardSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Issue a card to somebody."""
        return super().create(request, *args, **kwargs)

    def representation(self, instance: Card) -> tuple[Any, str]:
        """With the tag that the card has at `/api/cards/`, where it is changed."""
        data, _ = super().representation(instance)
        plain = CardViewSet.serializer_class(instance, context=self.get_serializer_context())
        return data, entity_tag(plain.data)


class MonitorReaders(InOwnName, DeviceViewSet):
    """As `/api/pos/devices/`."""
