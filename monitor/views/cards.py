"""Cards and readers at the monitor: the viewsets of /api/, at their other addresses."""

from cards.views import CardViewSet
from monitor.views.own_name import InOwnName
from pos.views import DeviceViewSet


class MonitorCards(InOwnName, CardViewSet):
    """As `/api/cards/`: same bodies, same answers, same limits."""


class MonitorReaders(InOwnName, DeviceViewSet):
    """As `/api/pos/devices/`."""
