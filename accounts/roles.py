"""Who may do what: the table of contract section 3, in one place.

The API's permission classes, the registration office and the page templates all ask
`User.may(Capability...)`, so a change here changes every door at once.
"""

from enum import Enum

from django.db import models


class Role(models.TextChoices):
    """What an administrator of the system works as."""

    ADMINISTRATOR = "administrator", "Administrator"
    REGISTRATION_OFFICER = "registration_officer", "Registration officer"
    ATTENDANCE_ADMIN = "attendance_admin", "Attendance administrator"
    KITCHEN_ADMIN = "kitchen_admin", "Kitchen administrator"
    DISCIPLINE_ADMIN = "discipline_admin", "Discipline administrator"


class Capability(Enum):
    """A right that a role holds; each is one row (or half a row) of the contract's table."""

    READ_PEOPLE = "people: read"
    MANAGE_PEOPLE = "people: create, change, import"
    MANAGE_CARDS = "cards: all but delete; print"
    ADMINISTER = "cards: delete; administrators; readers; settings"
    READ_ATTENDANCE = "attendance: read"
    MANAGE_ATTENDANCE = "attendance: correct, close a day, policy, holidays"
    MANAGE_MEALS = "meals: read / write, periods"
    MANAGE_DISCIPLINE = "discipline: read / write, void"


CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.ADMINISTRATOR: frozenset(Capability),
    Role.REGISTRATION_OFFICER: frozenset(
        {
            Capability.READ_PEOPLE,
            Capability.MANAGE_PEOPLE,
            Capability.MANAGE_CARDS,
            Capability.READ_ATTENDANCE,
        }
    ),
    Role.ATTENDANCE_ADMIN: frozenset(
        {Capability.READ_PEOPLE, Capability.READ_ATTENDANCE, Capability.MANAGE_ATTENDANCE}
    ),
    Role.KITCHEN_ADMIN: frozenset({Capability.READ_PEOPLE, Capability.MANAGE_MEALS}),
    Role.DISCIPLINE_ADMIN: frozenset(
        {Capability.READ_PEOPLE, Capability.READ_ATTENDANCE, Capability.MANAGE_DISCIPLINE}
    ),
}
