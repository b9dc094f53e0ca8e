"""What the page of a reader shows if it is a terminal of another make."""

from django.template.loader import render_to_string

from doors.models import Message, QuarantinedLine
from doors.registry import door_of
from pos.models import Device

LATEST = 10


def about_terminal(reader: Device) -> str:
    """How to connect it, what it said last, and what of that never can be a tap."""
    door = door_of(reader.protocol)
    if door is None:
        return ""
    quarantined = QuarantinedLine.objects.filter(device=reader)
    context = {
        "reader": reader,
        "how_to_connect": door.how_to_connect,
        "about": door.about(reader),
        "messages": Message.objects.filter(device=reader)[:LATEST],
        "quarantined": quarantined[:LATEST],
        "number_quarantined": quarantined.count(),
    }
    return render_to_string("doors/section.html", context)
