"""People and cards for the tests of this folder."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from cards import services
from cards.models import Card
from security.models import SecurityPersonnel
from staff.models import StaffMember
from students.models import Student
from visitors.models import Visitor

URL = "/api/cards/"
LONG_AGO = date(2000, 1, 3)  # everybody of these tests is on the roll since
_numbers = count(1)


def make_student(**fields: Any) -> Student:
    number = next(_numbers)
    return Student.objects.create(
        **{
            "identifier": f"DIT/2024/{number:05}",
            "first_name": "Asha",
            "surname": f"Mushi{number}",
            "department": "Computer Studies",
            "enrolled_on": LONG_AGO,
            **fields,
        }
    )


def make_member(**fields: Any) -> StaffMember:
    number = next(_numbers)
    return StaffMember.objects.create(
        **{
            "identifier": f"STAFF/2024/{number:03}",
            "first_name": "Juma",
            "surname": f"Moshi{number}",
            "department": "Human Resources",
            "enrolled_on": LONG_AGO,
            **fields,
        }
    )


def make_guard(**fields: Any) -> SecurityPersonnel:
    number = next(_numbers)
    return SecurityPersonnel.objects.create(
        **{
            "identifier": f"SEC/2024/{number:03}",
            "badge_number": f"BADGE{number:03}",
            "whole_name": f"Neema Guard{number}",
            "enrolled_on": LONG_AGO,
            **fields,
        }
    )


def make_visitor(**fields: Any) -> Visitor:
    """Expected for some hours more, unless told otherwise."""
    now = timezone.now()
    visitor = Visitor.objects.create(
        **{
            "whole_name": f"Rehema Visitor{next(_numbers)}",
            "company": "Tanzania Telecommunications",
            "admitted_from": now - timedelta(hours=1),
            "admitted_until": now + timedelta(hours=3),
            **fields,
        }
    )
    visitor.refresh_from_db(fields=["identifier"])
    return visitor


MAKERS: dict[str, Callable[..., Any]] = {
    "student": make_student,
    "staff": make_member,
    "security": make_guard,
    "visitor": make_visitor,
}


def make_card(holder: Any = None, rfid_number: str | None = None, **fields: Any) -> Card:
    return services.issue_card(
        holder=holder or make_student(),
        rfid_number=rfid_number,
        by=fields.pop("by", None),
        **fields,
    )


def make_temporary_card(holder: Any = None, rfid_number: str | None = None, **fields: Any) -> Card:
    """Of a chip of its own, unless told otherwise; until the end of the day."""
    return services.issue_temporary_card(
        holder=holder or make_student(),
        rfid_number=rfid_number or f"04AA{next(_numbers):04X}",
        by=fields.pop("by", None),
        **fields,
    )


def make_overdue_card(holder: Any = None, rfid_number: str | None = None) -> Card:
    """A temporary card whose time was over an hour ago."""
    card = make_temporary_card(holder, rfid_number)
    card.expiry_date = timezone.now() - timedelta(hours=1)
    card.save(update_fields=["expiry_date"])
    return card


def one(card: Card) -> str:
    return f"{URL}{card.pk}/"
