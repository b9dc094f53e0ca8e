"""A student's incidents, as their page tells them."""

from collections.abc import Sequence
from typing import ClassVar

from django.db.models.functions import Least
from django.urls import reverse

from accounts.models import User
from accounts.roles import Capability, Detail
from discipline.models import Incident
from office.chips import chip
from office.tasks import Tone
from people.models import Person
from people.office.story import Fact, Span, StorySource, end_of, end_of_day
from students.models import Student


class Incidents(StorySource):
    key: ClassVar[str] = "incidents"
    title: ClassVar[str] = "Incidents"
    icon: ClassVar[str] = "flag"
    capability = Capability.READ_DISCIPLINE

    def is_for(self, user: User, person: Person) -> bool:
        is_read = super().is_for(user, person) and user.sees(Detail.POINTS)
        return is_read and isinstance(person, Student)

    def facts(self, user: User, person: Person, span: Span) -> Sequence[Fact]:
        """When it was recorded, if that was on its day; else at the end of its day."""
        incidents = Incident.objects.filter(student=person.pk).select_related("recorded_by")
        told = incidents.alias(at=Least("recorded_at", end_of_day("date_of_incident")))
        return [_fact(incident) for incident in span.cut(told, "at")]


def _fact(incident: Incident) -> Fact:
    of_day = end_of(incident.date_of_incident)
    points = "1 point" if incident.points_deducted == 1 else f"{incident.points_deducted} points"
    said = [incident.incident_description]
    if incident.voided_at:
        said.append(f"voided: {incident.void_reason}")
    return Fact(
        at=min(incident.recorded_at, of_day),
        words=incident.get_category_display() or "Incident",
        chip=chip("Voided", Tone.QUIET) if incident.voided_at else chip(f"−{points}", Tone.WARN),
        more="; ".join(said),
        by=str(incident.recorded_by),
        url=reverse("admin:discipline_incident_change", args=[incident.pk]),
        is_of_day=incident.recorded_at > of_day,
    )
