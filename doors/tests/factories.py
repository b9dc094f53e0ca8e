"""Terminals as the tests meet them."""

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.test import Client

from pos.models import KNOWN_BY_SERIAL, Activity, Device, Protocol
from pos.services import register_device

CHECK_IN = (
    "/api/method/hrms.hr.doctype.employee_checkin.employee_checkin.add_log_based_on_employee_field"
)


def make_terminal(protocol: Protocol, **fields: Any) -> tuple[Device, str]:
    """A terminal that was admitted, and its key."""
    serial_number = uuid4().hex[:13].upper() if protocol in KNOWN_BY_SERIAL else ""
    defaults = {
        "name": "Terminal",
        "location": "Gate",
        "activity_type": Activity.ATTENDANCE,
        "serial_number": serial_number,
    }
    return register_device(by=None, protocol=protocol, **{**defaults, **fields})


def check_in(device: Device, key: str, **fields: str) -> Any:
    """As the Frappe tool posts one."""
    header = {"Authorization": f"token {device.pk}:{key}"}
    form = "application/x-www-form-urlencoded"
    return Client().post(CHECK_IN, urlencode(fields), content_type=form, headers=header)
