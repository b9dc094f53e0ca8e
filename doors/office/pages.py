"""Pages about terminals."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic.base import TemplateResponseMixin

from accounts.roles import Capability
from doors.knocking import knocking
from doors.models import Knock, Message, QuarantinedLine
from office.rooms import Room
from office.views import OfficeView
from pos.models import Device


class KnockingTerminals(TemplateResponseMixin, OfficeView):
    """Terminals that found us and were turned away; a button makes a reader of one."""

    route = "doors/knocking/"
    url_name = "doors_knocking"
    title = _("Terminals that knock")
    capability = Capability.ADMINISTER
    room = Room.READERS
    place = 4
    template_name = "doors/knocking.html"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        knocks = [(knock, _admit(knock)) for knock in knocking()]
        return self.render_to_response(self.get_context_data(knocks=knocks))


def _admit(knock: Knock) -> str:
    """The form that registers a reader, with what is known of this one filled in."""
    known = {
        "protocol": knock.protocol,
        "serial_number": knock.serial_number,
        "name": f"Terminal {knock.serial_number[-4:]}",
    }
    return f"{reverse('admin:pos_device_add')}?{urlencode(known)}"


class MessagesOfTerminal(TemplateResponseMixin, OfficeView):
    """What does it say? The last day of it, as it came."""

    route = "pos/device/<uuid:pos_id>/messages/"
    url_name = "doors_messages"
    title = _("What does it say?")
    capability = Capability.ADMINISTER
    template_name = "doors/messages.html"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        reader = get_object_or_404(Device, pk=kwargs["pos_id"])
        context = self.get_context_data(
            reader=reader,
            messages_said=Message.objects.filter(device=reader),
            quarantined=QuarantinedLine.objects.filter(device=reader),
        )
        return self.render_to_response(context)
