"""What a notice says, in the guardian's language: short texts in `templates/notifications/`."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from attendance.models import Attendance
from discipline.models import Incident
from notifications.models import Channel, Guardian, Notice


@dataclass(frozen=True)
class Text:
    subject: str
    body: str


def write(notice: Notice, guardian: Guardian) -> Text:
    """The notice about its event as that stands now. An SMS has no subject, and few letters."""
    context = {
        **_said_of(notice.event),
        "notice": notice,
        "name": notice.student.full_name,
        "guardian": guardian,
        "institution": settings.INSTITUTION_NAME,
        "short_name": settings.INSTITUTION_SHORT_NAME,
    }
    message = _render(guardian, notice.kind, context)
    if notice.channel == Channel.SMS:
        return Text("", message)
    subject = " ".join(_render(guardian, "subject", context).split())
    return Text(subject, _render(guardian, "email", {**context, "message": message}))


def _said_of(event: Attendance | Incident) -> dict[str, Any]:
    if isinstance(event, Incident):
        return {"incident": event}
    time = event.attendance_time
    return {"status": event.status, "time": time and f"{timezone.localtime(time):%H:%M}"}


def _render(guardian: Guardian, name: str, context: dict[str, Any]) -> str:
    return render_to_string(f"notifications/{guardian.language}/{name}.txt", context).strip()
