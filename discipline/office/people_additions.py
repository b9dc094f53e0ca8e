"""A student's points on the student's page, and incidents of those who are ticked in the list."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Capability, Detail
from core.uuids import packed
from discipline.models import Incident
from discipline.office.several import MOST_STUDENTS, too_many
from people.kinds import PersonKind
from people.models import Person
from people.office.additions import Act, PeopleAddition
from students.kind import STUDENT
from students.models import Student

LATEST = 3


def record_of_many(office: Any, request: HttpRequest, people: QuerySet[Any]) -> HttpResponse | None:
    """To the page that asks what, and shows whom before it is written."""
    chosen = list(people.values_list("pk", flat=True)[: MOST_STUDENTS + 1])
    if len(chosen) > MOST_STUDENTS:
        messages.error(request, too_many())
        return None
    return redirect(f"{reverse('admin:discipline_several')}?chosen={packed(chosen)}")


class Points(PeopleAddition):
    def actions(self, user: User, kind: PersonKind) -> Iterable[tuple[str, Act, str]]:
        if kind is not STUDENT or not user.may(Capability.MANAGE_DISCIPLINE):
            return
        yield "record_incident", record_of_many, _("Record an incident")

    def panel(self, request: HttpRequest, person: Person) -> str:
        assert isinstance(request.user, User)
        is_seen = request.user.may(Capability.READ_DISCIPLINE) and request.user.sees(Detail.POINTS)
        if not isinstance(person, Student) or not is_seen:
            return ""
        latest = Incident.objects.filter(student=person)[:LATEST]
        return render_to_string("discipline/panel.html", {"student": person, "latest": latest})
