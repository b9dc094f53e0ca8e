"""People and cards for the tests of this folder."""

from itertools import count
from typing import Any

from cards import services
from cards.models import Card
from security.models import SecurityPersonnel
from staff.models import StaffMember
from students.models import Student

URL = "/api/cards/"
_numbers = count(1)


def make_student(**fields: Any) -> Student:
    number = next(_numbers)
    return Student.objects.create(
        **{
            "identifier": f"DIT/2024/{number:05}",
            "first_name": "Asha",
            "surname": f"Mushi{number}",
            "department": "Computer Studies",
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
            **fields,
        }
    )


def make_card(holder: Any = None, rfid_number: str | None = None, **fields: Any) -> Card:
    return services.issue_card(
        holder=holder or make_student(),
        rfid_number=rfid_number,
        by=fields.pop("by", None),
        **fields,
    )


def one(card: Card) -> str:
    return f"{URL}{card.pk}/"
