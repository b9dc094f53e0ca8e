"""`frappe`: the address at which the Frappe biometric attendance sync tool leaves check-ins.

The tool polls terminals over the network of a school and posts each record as a form; 200 with a
name goes into its log of what is done, and on anything else it starts over from there. So what can
never be a tap is answered like one, and kept for a person.
"""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from core.clock import received_now
from core.parsers import NotJSON, parse_json
from doors.door import DoorView, Terminal, TerminalDoor, TurnedAway, terminal_with_key
from doors.messages import heard, keep_message
from doors.taking import Misfit, event_id_of, line_of, take
from pos.models import Protocol

METHOD: Final = "employee_checkin.employee_checkin.add_log_based_on_employee_field"
WAYS: Final = {"IN": "in", "OUT": "out"}
LONGEST: Final = 64 * 1024


class FrappeView(DoorView):
    http_method_names = ("get", "post", "put")

    def find_terminal(self, request: HttpRequest, **kwargs: Any) -> Terminal:
        """By `Authorization: token <pos_id>:<key>`, as Frappe has an API key and its secret."""
        scheme, _, pair = request.headers.get("Authorization", "").partition(" ")
        pos_id, _, key = pair.strip().partition(":")
        if scheme.lower() != "token" or not key:
            raise TurnedAway(401, "Authorization: token <pos_id>:<key>")
        terminal = terminal_with_key(Protocol.FRAPPE, key)
        if str(terminal.device.pk) != pos_id.lower():
            raise TurnedAway(401, "this key belongs to another pos_id")
        return terminal


class AddCheckin(FrappeView):
    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        now = received_now()
        said = _said_in(request)
        number, at = said.get("employee_field_value", ""), said.get("timestamp", "")
        way, device = said.get("log_type", ""), said.get("device_id", "")
        name = event_id_of(Protocol.FRAPPE, number, at, way, device)
        text = " ".join(f"{key}={value}" for key, value in sorted(said.items()))
        if number and at:
            line = line_of(
                text,
                event_id=name,
                person=number,
                tapped_at=at,
                direction=WAYS.get(way.upper()),
                received_at=now,
            )
        else:
            line = Misfit(text, gettext_noop("A check-in has employee_field_value and timestamp."))
        taken = take(self.terminal, [line], received_at=now)
        heard(self.terminal, at=now)
        keep_message(
            self.terminal, what="check-in", said=text, answered=str(taken), received_at=now
        )
        return JsonResponse({"message": {"name": name, "employee": number, "time": at}})


class ShiftType(FrappeView):
    """The tool says up to when a shift is complete; days are closed here by their own rules."""

    def put(self, request: HttpRequest, name: str, **kwargs: Any) -> HttpResponse:
        heard(self.terminal, at=received_now())
        return JsonResponse({"data": {"name": name}})


def _said_in(request: HttpRequest) -> dict[str, str]:
    """A form as the tool sends it, or JSON as others do; what is no text or number is left out."""
    body = request.read(LONGEST)
    try:
        said = parse_json(body, keeps_halves=True)
    except NotJSON:
        form = QueryDict(body, encoding="utf-8")
        return {key: str(form[key]) for key in form}
    fields = said.items() if isinstance(said, dict) else ()
    return {key: str(value) for key, value in fields if isinstance(value, str | int)}


DOOR = TerminalDoor(
    protocol=Protocol.FRAPPE,
    urls=(
        path(f"api/method/hrms.hr.doctype.{METHOD}", AddCheckin.as_view(), name="frappe-checkin"),
        # As its versions before Frappe HR call it.
        path(
            f"api/method/erpnext.hr.doctype.{METHOD}", AddCheckin.as_view(), name="frappe-checkin"
        ),
        path("api/resource/Shift Type/<str:name>", ShiftType.as_view(), name="frappe-shift"),
    ),
    how_to_connect=_(
        "In the tool's local_config.py: ERPNEXT_URL is the address of this server, ERPNEXT_API_KEY "
        "this reader's number, ERPNEXT_API_SECRET its key. Employees are known by their "
        "identification number or their PIN at terminals."
    ),
)
