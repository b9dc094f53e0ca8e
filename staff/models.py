"""Members of staff (contract section 5)."""

import uuid
from typing import ClassVar

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Upper

from people.fields import LineField
from people.models import NamedPerson, PersonManager
from people.search import folded


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["full_name", "search_text"],
)
class StaffMember(NamedPerson):
    class EmploymentStatus(models.TextChoices):
        ACTIVE = "Active"
        ON_LEAVE = "On Leave"
        RETIRED = "Retired"
        TERMINATED = "Terminated"

    identifier_field: ClassVar[str] = "staff_number"
    standing_field: ClassVar[str] = "employment_status"
    admitted: ClassVar[frozenset[str]] = frozenset(
        {EmploymentStatus.ACTIVE, EmploymentStatus.ON_LEAVE}
    )
    expected: ClassVar[frozenset[str]] = frozenset({EmploymentStatus.ACTIVE})

    staff_uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    staff_number = LineField(
        max_length=50, help_text="As printed on the card, for example STAFF/2024/001."
    )
    department = LineField(max_length=150, blank=True, default="")
    position = LineField(max_length=150, blank=True, default="")
    employment_status = models.CharField(
        max_length=10, choices=EmploymentStatus, default=EmploymentStatus.ACTIVE
    )
    search_text = models.GeneratedField(
        expression=folded("first_name", "middle_name", "surname", "staff_number"),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = PersonManager()

    class Meta:
        verbose_name = "member of staff"
        verbose_name_plural = "staff"
        ordering = ("surname", "first_name", "middle_name", "staff_uuid")
        constraints = (
            models.UniqueConstraint(
                Upper("staff_number"),
                name="staff_staffmember_unique_staff_number",
                violation_error_message="A staff member with this staff number already exists.",
            ),
            models.CheckConstraint(
                condition=~models.Q(staff_number="")
                & ~models.Q(first_name="")
                & ~models.Q(surname=""),
                name="staff_staffmember_named",
                violation_error_message="A staff member needs a number, first name and surname.",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    employment_status__in=["Active", "On Leave", "Retired", "Terminated"]
                ),
                name="staff_staffmember_known_status",
            ),
        )
        indexes = (
            # ?search=: the office's and the API's search boxes
            GinIndex(
                fields=["search_text"],
                opclasses=["gin_trgm_ops"],
                name="staff_staffmember_search",
            ),
            # the first pages of the list in its default order
            models.Index(
                fields=["surname", "first_name", "middle_name", "staff_uuid"],
                name="staff_staffmember_by_name",
            ),
        )
