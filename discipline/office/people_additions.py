"""A student's points on the student's page, for who reads discipline."""

from django.http import HttpRequest
from django.template.loader import render_to_string

from accounts.models import User
from accounts.roles import Capability, Detail
from discipline.models import Incident
from people.models import Person
from people.office.additions import PeopleAddition
from students.models import Student

LATEST = 3


class Points(PeopleAddition):
    def panel(self, request: HttpRequest, person: Person) -> str:
        assert isinstance(request.user, User)
        is_seen = request.user.may(Capability.READ_DISCIPLINE) and request.user.sees(Detail.POINTS)
        if not isinstance(person, Student) or not is_seen:
            return ""
        latest = Incident.objects.filter(student=person)[:LATEST]
        return render_to_string("discipline/panel.html", {"student": person, "latest": latest})
