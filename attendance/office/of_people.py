"""A person's latest days on the person's page, for who may read attendance."""

from django.http import HttpRequest
from django.template.loader import render_to_string

from accounts.models import User
from accounts.roles import Capability
from attendance.office.correcting import address_of_person
from attendance.register import GROUPS
from people.models import Person
from people.office.additions import PeopleAddition, add_to_people

LATEST = 7


class LatestDays(PeopleAddition):
    def panel(self, request: HttpRequest, person: Person) -> str:
        assert isinstance(request.user, User)
        if not request.user.may(Capability.READ_ATTENDANCE):
            return ""
        group = next(group for group in GROUPS.values() if isinstance(person, group.people))
        rows = group.days._default_manager.filter(**{group.holder: person}).order_by("-date")
        days = [(row, address_of_person(row.date, group, person.pk)) for row in rows[:LATEST]]
        return render_to_string("attendance/panel.html", {"days": days})


add_to_people(LatestDays())
