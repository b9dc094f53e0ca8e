"""Students (contract section 5) and their guardians (section 10)."""

import uuid
from typing import ClassVar

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Upper

from people.fields import LineField, PhoneField
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
    expected: ClassVar[frozenset[str]] = admitted

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


class Channel(models.TextChoices):
    EMAIL = "email", "E-mail"
    SMS = "sms", "SMS"


class News(models.TextChoices):
    """What guardians are told of."""

    ARRIVAL = "arrival", "Arrival"
    LATE = "late", "Late arrival"
    ABSENCE = "absence", "Absence"
    INCIDENT = "incident", "Discipline incident"


def all_news() -> list[str]:
    return list(News.values)


def default_language() -> str:
    return settings.NOTICE_LANGUAGE


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Guardian(models.Model):
    """Somebody who is told how a student's days go, and by which channels."""

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        SWAHILI = "sw", "Kiswahili"

    guardian_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(Student, models.PROTECT, related_name="guardians")
    name = LineField(max_length=150)
    relationship = LineField(
        max_length=50, blank=True, default="", help_text="For example mother, uncle, sponsor."
    )
    phone = PhoneField(blank=True, default="")
    email = models.EmailField(blank=True, default="")
    channels = ArrayField(
        models.CharField(max_length=5, choices=Channel),
        default=list,
        blank=True,
        help_text="How they are told: each channel needs its address. None: they are not told.",
    )
    news = ArrayField(
        models.CharField(max_length=8, choices=News),
        default=all_news,
        blank=True,
        help_text="What they are told of.",
    )
    language = models.CharField(max_length=2, choices=Language, default=default_language)
    is_active = models.BooleanField(default=True, help_text="Switched off: they are told nothing.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("created_at", "guardian_id")
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(name=""),
                name="students_guardian_named",
                violation_error_message="A guardian has a name.",
            ),
            models.CheckConstraint(
                condition=~models.Q(phone="", email=""),
                name="students_guardian_reachable",
                violation_error_message="A guardian has a phone number or an e-mail address.",
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=["en", "sw"]),
                name="students_guardian_known_language",
            ),
            models.CheckConstraint(
                condition=models.Q(channels__contained_by=["email", "sms"]),
                name="students_guardian_known_channels",
            ),
            models.CheckConstraint(
                condition=models.Q(news__contained_by=["arrival", "late", "absence", "incident"]),
                name="students_guardian_known_news",
            ),
            models.CheckConstraint(
                condition=~models.Q(channels__contains=["sms"]) | ~models.Q(phone=""),
                name="students_guardian_phone_for_sms",
                violation_error_message="SMS needs a phone number.",
            ),
            models.CheckConstraint(
                condition=~models.Q(channels__contains=["email"]) | ~models.Q(email=""),
                name="students_guardian_address_for_email",
                violation_error_message="E-mail needs an e-mail address.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.relationship})" if self.relationship else self.name

    def address(self, channel: str) -> str:
        """Where this channel reaches them; empty when it is not to be used."""
        if not self.is_active or channel not in self.channels:
            return ""
        return self.phone if channel == Channel.SMS else self.email
