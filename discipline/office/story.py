"""A student's incidents, merits and what was proposed, as their page tells them."""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from django.db.models.functions import Least
from django.urls import reverse
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability, Detail
from discipline.models import Incident, Merit, Proposal
from discipline.office.proposals import state_chip
from discipline.words import points_in_words
from office.chips import chip
from office.tasks import Tone
from people.models import Person
from people.office.story import Fact, Span, StorySource, end_of, end_of_day
from students.models import Student


class OfDiscipline(StorySource):
    """Of students only, for who sees their points."""

    capability = Capability.READ_DISCIPLINE

    def is_for(self, user: User, person: Person) -> bool:
        is_read = super().is_for(user, person) and user.sees(Detail.POINTS)
        return is_read and isinstance(person, Student)


class Incidents(OfDiscipline):
    key: ClassVar[str] = "incidents"
    title = _("Incidents")
    icon: ClassVar[str] = "flag"

    def facts(self, user: User, person: Person, span: Span) -> Sequence[Fact]:
        """When it was recorded, if that was on its day; else at the end of its day."""
        incidents = Incident.objects.filter(student=person.pk).select_related("recorded_by")
        told = incidents.alias(at=Least("recorded_at", end_of_day("date_of_incident")))
        return [_of_incident(incident) for incident in span.cut(told, "at")]


class Merits(OfDiscipline):
    key: ClassVar[str] = "merits"
    title = _("Merits")
    icon: ClassVar[str] = "check"

    def facts(self, user: User, person: Person, span: Span) -> Sequence[Fact]:
        merits = Merit.objects.filter(student=person.pk).select_related("recorded_by")
        told = merits.alias(at=Least("recorded_at", end_of_day("date")))
        return [_of_merit(merit) for merit in span.cut(told, "at")]


class ProposedActs(OfDiscipline):
    key: ClassVar[str] = "acts"
    title = _("Proposed acts")
    icon: ClassVar[str] = "question"

    def facts(self, user: User, person: Person, span: Span) -> Sequence[Fact]:
        proposals = Proposal.objects.filter(student=person.pk)
        told = span.cut(proposals.select_related("threshold", "decided_by"), "proposed_at")
        return [_of_proposal(proposal) for proposal in told]


def _of_proposal(proposal: Proposal) -> Fact:
    return Fact(
        at=proposal.proposed_at,
        words=gettext("Proposed: {act}").format(act=proposal.threshold.act),
        chip=state_chip(proposal),
        more=proposal.note,
        by=str(proposal.decided_by) if proposal.decided_by else "",
        url=reverse("admin:discipline_proposal_change", args=[proposal.pk]),
    )


def _of_merit(merit: Merit) -> Fact:
    given = chip(f"+{points_in_words(merit.points)}", Tone.GOOD)
    url = reverse("admin:discipline_merit_change", args=[merit.pk])
    return _of_entry(merit, merit.date, gettext("Merit"), merit.description, given, url)


def _of_incident(incident: Incident) -> Fact:
    words = incident.get_category_display() or gettext("Incident")
    cost = chip(f"−{points_in_words(incident.points_deducted)}", Tone.WARN)
    url = reverse("admin:discipline_incident_change", args=[incident.pk])
    said = incident.incident_description
    return _of_entry(incident, incident.date_of_incident, words, said, cost, url)


def _of_entry(
    entry: Incident | Merit, day: date, words: str, said: str, points: str, url: str
) -> Fact:
    of_day = end_of(day)
    voided = gettext("voided: {reason}").format(reason=entry.void_reason)
    return Fact(
        at=min(entry.recorded_at, of_day),
        words=words,
        chip=chip(pgettext("entry", "Voided"), Tone.QUIET) if entry.is_voided else points,
        more=f"{said}; {voided}" if entry.is_voided else said,
        by=str(entry.recorded_by),
        url=url,
        is_of_day=entry.recorded_at > of_day,
    )
