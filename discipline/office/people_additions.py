"""A student's points on the student's page, for who manages discipline."""

from django.http import HttpRequest
from django.template.loader import render_to_string

from accounts.models import User
from accounts.roles import Capability
from discipline.models import Incident
from people.models import Person
from people.office.additions import PeopleAddition
from students.models import Student

LATEST = 3


class Points(PeopleAddition):
    def panel(self, request: HttpRequest, person: Person) -> str:
        assert isinstance(request.user, User)
        if not isinstance(person, Student) or not request.user.may(Capability.MANAGE_DISCIPLINE):
            return ""
        latest = Incident.objects.filter(student=person)[:LATEST]
        return render_to_string("discipline/panel.html", {"student": person, "latest": latest})
