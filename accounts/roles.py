"""Who may do what, and who sees what of a person: the table of contract section 3, in one place.

The API's permission classes and serializers, the registration office, the live feed and the page
templates all ask `User.may(Capability...)` and `User.sees(Detail...)`, so a change here changes
every door at once.
"""

from enum import Enum

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


class Role(models.TextChoices):
    """What an administrator of the system works as."""

    ADMINISTRATOR = "administrator", _("Administrator")
    REGISTRATION_OFFICER = "registration_officer", _("Registration officer")
    ATTENDANCE_ADMIN = "attendance_admin", _("Attendance administrator")
    KITCHEN_ADMIN = "kitchen_admin", _("Kitchen administrator")
    DISCIPLINE_ADMIN = "discipline_admin", _("Discipline administrator")
    LEADERSHIP = "leadership", _("Leadership")
    CLASS_TEACHER = "class_teacher", _("Class teacher")


# Whoever works as this knows of the people in their `User.classes`, and of nobody else.
OF_OWN_CLASSES = frozenset({Role.CLASS_TEACHER})


class Capability(Enum):
    """A right that a role holds; each is one row (or half a row) of the contract's table.

    Its value says it in English; whoever shows it translates it.
    """

    READ_PEOPLE = gettext_noop("people: read")
    READ_HISTORY = gettext_noop("people: who changed what")
    EXPORT_PEOPLE = gettext_noop("people: export")
    MANAGE_PEOPLE = gettext_noop("people: create, change, import")
    READ_CARDS = gettext_noop("cards: read")
    READ_CARD_LOGS = gettext_noop("print and verification logs: read")
    MANAGE_CARDS = gettext_noop("cards: all but delete; print")
    ADMINISTER = gettext_noop("cards: delete; administrators; readers; settings")
    READ_TAPS = gettext_noop("the ledger of taps: read")
    READ_ATTENDANCE = gettext_noop("attendance: read")
    CORRECT_ATTENDANCE = gettext_noop("attendance: correct")
    MANAGE_ATTENDANCE = gettext_noop("attendance: close a day, rules, holidays")
    READ_MEALS = gettext_noop("meals: read")
    MANAGE_MEALS = gettext_noop("meals: write, periods")
    READ_DISCIPLINE = gettext_noop("discipline: read")
    MANAGE_DISCIPLINE = gettext_noop("discipline: write, void")
    READ_ATTENDANCE_NOTICES = gettext_noop("notices of attendance: read")
    READ_INCIDENT_NOTICES = gettext_noop("notices of incidents: read")
    READ_SCHEDULES = gettext_noop("reports sent by e-mail: read")
    MANAGE_SCHEDULES = gettext_noop("reports sent by e-mail: all")


_PEOPLE = frozenset({Capability.READ_PEOPLE, Capability.READ_TAPS})
_SCHEDULES = frozenset({Capability.READ_SCHEDULES, Capability.MANAGE_SCHEDULES})

CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.ADMINISTRATOR: frozenset(Capability),
    Role.REGISTRATION_OFFICER: _PEOPLE
    | _SCHEDULES
    | {
        Capability.READ_HISTORY,
        Capability.EXPORT_PEOPLE,
        Capability.MANAGE_PEOPLE,
        Capability.READ_CARDS,
        Capability.READ_CARD_LOGS,
        Capability.MANAGE_CARDS,
        Capability.READ_ATTENDANCE,
    },
    Role.ATTENDANCE_ADMIN: _PEOPLE
    | _SCHEDULES
    | {
        Capability.READ_ATTENDANCE,
        Capability.CORRECT_ATTENDANCE,
        Capability.MANAGE_ATTENDANCE,
        Capability.READ_ATTENDANCE_NOTICES,
    },
    Role.KITCHEN_ADMIN: _PEOPLE | _SCHEDULES | {Capability.READ_MEALS, Capability.MANAGE_MEALS},
    Role.DISCIPLINE_ADMIN: _PEOPLE
    | _SCHEDULES
    | {
        Capability.READ_ATTENDANCE,
        Capability.READ_DISCIPLINE,
        Capability.MANAGE_DISCIPLINE,
        Capability.READ_INCIDENT_NOTICES,
    },
    Role.LEADERSHIP: frozenset(
        {
            Capability.READ_PEOPLE,
            Capability.READ_HISTORY,
            Capability.EXPORT_PEOPLE,
            Capability.READ_CARDS,
            Capability.READ_CARD_LOGS,
            Capability.READ_TAPS,
            Capability.READ_ATTENDANCE,
            Capability.READ_MEALS,
            Capability.READ_DISCIPLINE,
            Capability.READ_ATTENDANCE_NOTICES,
            Capability.READ_INCIDENT_NOTICES,
            Capability.READ_SCHEDULES,
        }
    ),
    Role.CLASS_TEACHER: frozenset(
        {
            Capability.READ_PEOPLE,
            Capability.READ_HISTORY,
            Capability.READ_ATTENDANCE,
            Capability.CORRECT_ATTENDANCE,
            Capability.READ_DISCIPLINE,
        }
    ),
}


class Detail(Enum):
    """What of a person or a card not every role sees.

    The value: under which names it stands in answers, histories, exports, filters and orderings,
    and as a column of the office's lists. Each name means this and nothing else wherever
    `accounts.fields.FieldsByRole` or `office.columns.ColumnsByRole` is mixed in.
    """

    PHONE = frozenset({"phone_number", "contact_info"})
    EMAIL = frozenset({"email", "contact_info"})
    BIRTH_DATE = frozenset({"date_of_birth"})
    # And who a notice went to: an e-mail begins with the guardian's name.
    GUARDIANS = frozenset({"guardian", "guardian_name", "recipient", "body", "to_whom"})
    # Of cards, and what a reader sent in a tap.
    CHIP_NUMBERS = frozenset({"rfid_number", "card_text", "number", "card_number", "card_sent"})
    POINTS = frozenset({"discipline_points", "points_deducted", "points_given"})
    DIET = frozenset({"diet_note"})


DETAILS: dict[Role, frozenset[Detail]] = {
    Role.ADMINISTRATOR: frozenset(Detail),
    Role.REGISTRATION_OFFICER: frozenset(Detail) - {Detail.POINTS},
    Role.ATTENDANCE_ADMIN: frozenset(),
    Role.KITCHEN_ADMIN: frozenset({Detail.DIET}),
    Role.DISCIPLINE_ADMIN: frozenset({Detail.POINTS}),
    Role.LEADERSHIP: frozenset(Detail) - {Detail.CHIP_NUMBERS},
    Role.CLASS_TEACHER: frozenset({Detail.GUARDIANS, Detail.POINTS}),
}


def names_of(details: frozenset[Detail]) -> frozenset[str]:
    """Under all names."""
    return frozenset().union(*(detail.value for detail in details))


HIDDEN_NAMES: dict[Role, frozenset[str]] = {
    role: names_of(frozenset(Detail) - seen) for role, seen in DETAILS.items()
}
EVER_HIDDEN = names_of(frozenset(Detail))
