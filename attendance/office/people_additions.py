"""A person's latest days on the person's page, for who may read attendance."""

from django.http import HttpRequest
from django.template.loader import render_to_string

from accounts.models import User
from accounts.roles import Capability
from attendance.models import Attendance
from attendance.office.correcting import address_of_person
from people.models import Person
from people.office.additions import PeopleAddition

LATEST = 7


class LatestDays(PeopleAddition):
    def panel(self, request: HttpRequest, person: Person) -> str:
        assert isinstance(request.user, User)
        has_days = person.declared.day_list is not None
        if not has_days or not request.user.may(Capability.READ_ATTENDANCE):
            return ""
        rows = Attendance.objects.filter(person=person).order_by("-date")[:LATEST]
        days = [(row, address_of_person(row.date, person.declared, person.pk)) for row in rows]
        may_manage = request.user.may(Capability.MANAGE_ATTENDANCE)
        shown = {"days": days, "person": person, "may_manage": may_manage}
        return render_to_string("attendance/panel.html", shown)
