"""Students (contract section 5)."""

import uuid
from typing import ClassVar

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Upper

from people.fields import LineField
from people.models import NamedPerson, PersonManager, validate_past_day
from people.search import folded


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["full_name", "search_text"],
)
class Student(NamedPerson):
    class Status(models.TextChoices):
        ACTIVE = "Active"
        SUSPENDED = "Suspended"
        WITHDRAWN = "Withdrawn"
        GRADUATED = "Graduated"

    class AcademicStatus(models.TextChoices):
        CURRENT = "Current"
        RETAKE = "Retake"
        DEFERRED = "Deferred"
        PROBATION = "Probation"
        COMPLETED = "Completed"

    identifier_field: ClassVar[str] = "registration_number"
    standing_field: ClassVar[str] = "student_status"
    admitted: ClassVar[frozenset[str]] = frozenset({Status.ACTIVE})

    student_uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    registration_number = LineField(
        max_length=50, help_text="As printed on the card, for example DIT/2024/01234."
    )
    class_level = LineField(max_length=50, blank=True, default="")
    class_code = LineField(max_length=50, blank=True, default="")
    program = LineField(max_length=200, blank=True, default="")
    department = LineField(max_length=150, blank=True, default="")
    date_of_birth = models.DateField(null=True, blank=True, validators=[validate_past_day])
    student_status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    academic_status = models.CharField(
        max_length=10, choices=AcademicStatus, default=AcademicStatus.CURRENT
    )
    points_deducted = models.PositiveIntegerField(
        default=0, editable=False, help_text="The sum of this student's discipline ledger."
    )
    search_text = models.GeneratedField(
        expression=folded("first_name", "middle_name", "surname", "registration_number"),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = PersonManager()

    class Meta:
        ordering = ("surname", "first_name", "middle_name", "student_uuid")
        constraints = (
            models.UniqueConstraint(
                Upper("registration_number"),
                name="students_student_unique_registration_number",
                violation_error_message="A student with this registration number already exists.",
            ),
            models.CheckConstraint(
                condition=~models.Q(registration_number="")
                & ~models.Q(first_name="")
                & ~models.Q(surname=""),
                name="students_student_named",
                violation_error_message="A student needs a number, a first name and a surname.",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    student_status__in=["Active", "Suspended", "Withdrawn", "Graduated"]
                ),
                name="students_student_known_status",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    academic_status__in=["Current", "Retake", "Deferred", "Probation", "Completed"]
                ),
                name="students_student_known_academic_status",
            ),
        )
        indexes = (
            # ?search=: the office's and the API's search boxes
            GinIndex(
                fields=["search_text"], opclasses=["gin_trgm_ops"], name="students_student_search"
            ),
            # the first pages of the list in its default order
            models.Index(
                fields=["surname", "first_name", "middle_name", "student_uuid"],
                name="students_student_by_name",
            ),
            # ?department= and ?class_code=, with their counts
            models.Index(fields=["department"], name="students_student_department"),
            models.Index(fields=["class_code"], name="students_student_class_code"),
        )

    @property
    def discipline_points(self) -> int:
        return settings.DISCIPLINE_STARTING_POINTS - self.points_deducted
