"""Changing many students at once: promotion, graduation, leaving (contract section 5)."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.locks import for_change, take_turns
from people.deed_models import Deed
from people.deeds import changed, plain, record_deed
from people.reports import Report, ReportRow
from people.writing import update_people
from students.kind import STUDENT
from students.models import Student

NOBODY: Final = _("There is no such student.")
LEFT_BEFORE: Final = _("Nobody leaves before the first day on the roll.")
# What the same values for many can be given to.
CHANGEABLE: Final = (
    "class_level",
    "class_code",
    "program",
    "department",
    "student_status",
    "academic_status",
    "left_on",
)


def change_students(
    *, students: Iterable[UUID], changes: dict[str, Any], dry_run: bool, by: User
) -> Report[Student]:
    """Give all of them these values (by field of the model), or nobody any if one row fails.

    The report has a row for each id, in this order. What is written is written down as one deed.
    """
    asked = list(dict.fromkeys(students))
    with transaction.atomic():
        # As an import does: two that change the same students take turns, and cannot deadlock.
        take_turns(f"import {STUDENT.plural_key}")
        known = for_change(Student.objects.filter(pk__in=asked).order_by("pk")).in_bulk()
        report = Report(
            dry_run,
            [_row(number, pk, known.get(pk), changes) for number, pk in enumerate(asked, 1)],
        )
        if not (dry_run or report.failed):
            _write(report, set(changes))
            deed = record_deed(
                what=Deed.What.BULK_CHANGE,
                kind=STUDENT,
                by=by,
                about=_in_words(changes),
                summary=report.summary,
                touches=(
                    changed(row.person, row.changes, number=row.number)
                    for row in report.rows
                    if row.person is not None and row.changes
                ),
            )
            report.change_id = deed.pk if deed else None
    return report


def _row(
    number: int, pk: UUID, student: Student | None, changes: dict[str, Any]
) -> ReportRow[Student]:
    if student is None:
        row = ReportRow[Student](number)
        row.refuse(STUDENT.uuid_key, f"{NOBODY} {pk}")
        return row
    row = ReportRow(number, student.identifier, student)
    for name, value in changes.items():
        before = getattr(student, name)
        if before != value:
            key = STUDENT.api_keys.get(name, name)
            row.changes[key] = {"before": plain(before), "after": plain(value)}
            setattr(student, name, value)
    if student.left_on is not None and student.left_on < student.enrolled_on:
        row.refuse("left_on", str(LEFT_BEFORE))
    return row


def _write(report: Report[Student], fields: set[str]) -> None:
    students = [row.person for row in report.rows if row.person is not None and row.changes]
    if students:
        update_people(people=students, fields=fields)


def _in_words(changes: dict[str, Any]) -> str:
    """`Class code: CS22, student status: Graduated`, as the list of changes shows it."""
    said = (
        f"{STUDENT.api_keys.get(name, name).replace('_', ' ')}: {plain(value) or 'none'}"
        for name, value in changes.items()
    )
    text = ", ".join(said)
    return text[:1].upper() + text[1:]
