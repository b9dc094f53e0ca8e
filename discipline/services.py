"""Incidents and merits are recorded and voided; the database adds up what they cost and give
(discipline/sql)."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Final, TypeVar
from uuid import UUID

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.constraints import violations_as_field_errors
from core.errors import DomainError
from discipline.evidence import checked
from discipline.models import Incident, Merit
from discipline.proposals import weigh
from files.away import delete_or_note
from students.models import Student

SUMS: Final = ("points_deducted", "points_given")
"""Of a student, whose row the triggers hold until the commit."""
Entry = TypeVar("Entry", Incident, Merit)


class AlreadyVoided(DomainError):
    code = "already_voided"
    message = _("This incident has been voided already.")


class MeritAlreadyVoided(AlreadyVoided):
    message = _("This merit has been voided already.")


def record_incident(
    *,
    student: Student,
    incident_description: str,
    points_deducted: int,
    by: User,
    date_of_incident: date | None = None,
    category: str = "",
    evidence: "File[bytes] | None" = None,
) -> Incident:
    """Write an incident down; the student of the answer has the points that are left.

    `date_of_incident` is a day on the campus, today if left out. Raises EvidenceRefused. The file
    goes again if the incident cannot be written down.
    """
    incident = Incident(
        student=student,
        incident_description=incident_description,
        points_deducted=points_deducted,
        date_of_incident=date_of_incident or timezone.localdate(),
        category=category,
        recorded_by=by,
    )
    with _kept(evidence, [incident]), transaction.atomic():
        incident.save(force_insert=True)
        _weigh(incident.student)
    return incident


@contextmanager
def _kept(evidence: "File[bytes] | None", incidents: Sequence[Incident]) -> Iterator[None]:
    """One file for all of them, which goes again if they cannot be written down."""
    if evidence is None:
        yield
        return
    ending, content = checked(evidence)
    first, *others = incidents
    first.evidence.save(f"evidence.{ending}", content, save=False)
    for incident in others:
        incident.evidence = first.evidence.name
    try:
        yield
    except BaseException:
        delete_or_note(first.evidence.storage, str(first.evidence.name))
        raise


def _weigh(student: Student) -> None:
    """With the sums after what has been written: the trigger holds the row until the commit."""
    student.refresh_from_db(fields=SUMS)
    weigh([student.pk])


def record_incidents(
    *,
    students: Iterable[Student],
    group: UUID,
    incident_description: str,
    points_deducted: int,
    by: User,
    date_of_incident: date | None = None,
    category: str = "",
    evidence: "File[bytes] | None" = None,
) -> list[Incident]:
    """Write one thing down of several students: an incident of each, or of none.

    `group` ties them together; a second time with the same one is refused. The `evidence` is one
    file, which each of them names. Raises InvalidFields and EvidenceRefused.
    """
    incidents = [
        Incident(
            student=student,
            group=group,
            incident_description=incident_description,
            points_deducted=points_deducted,
            date_of_incident=date_of_incident or timezone.localdate(),
            category=category,
            recorded_by=by,
        )
        for student in students
    ]
    with _kept(evidence, incidents), violations_as_field_errors(Incident):
        written = Incident.objects.bulk_create(incidents)
        weigh([incident.student_id for incident in written])
    return written


def void_incident(*, incident: Incident, reason: str, by: User) -> Incident:
    """Take an incident back, which gives the points back. Raises AlreadyVoided, also in a race."""
    return _void(incident, reason=reason, by=by, refusal=AlreadyVoided)


def void_incidents(*, group: UUID, reason: str, by: User) -> int:
    """Take all back that were recorded as one and still stand; how many. Raises AlreadyVoided."""
    standing = Incident.objects.standing().filter(group=group)
    with transaction.atomic():
        # In key order: two who take them back cannot deadlock.
        locked = standing.order_by("pk").select_for_update()
        students = dict(locked.values_list("pk", "student"))
        if not students:
            raise AlreadyVoided
        taken = Incident.objects.filter(pk__in=students)
        number = taken.update(voided_at=timezone.now(), voided_by=by, void_reason=reason)
        weigh(students.values())
    return number


def record_merit(
    *, student: Student, description: str, points: int, by: User, date: date | None = None
) -> Merit:
    """Write a merit down; the student of the answer has the points that are left then."""
    with transaction.atomic():
        merit = Merit.objects.create(
            student=student,
            description=description,
            points=points,
            date=date or timezone.localdate(),
            recorded_by=by,
        )
        _weigh(student)
    return merit


def void_merit(*, merit: Merit, reason: str, by: User) -> Merit:
    """Take a merit back, and with it the points. Raises MeritAlreadyVoided, also in a race."""
    return _void(merit, reason=reason, by=by, refusal=MeritAlreadyVoided)


def _void(entry: Entry, *, reason: str, by: User, refusal: type[AlreadyVoided]) -> Entry:
    standing = type(entry).objects.standing().filter(pk=entry.pk)
    with transaction.atomic():
        if not standing.update(voided_at=timezone.now(), voided_by=by, void_reason=reason):
            raise refusal
        entry.refresh_from_db()
        _weigh(entry.student)
    return entry
