"""Security personnel: the guards at the gates (contract section 5)."""

import uuid
from typing import ClassVar

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Upper

from people.fields import LineField
from people.models import Person, PersonManager, validate_plausible_day
from people.search import folded


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["search_text"],
)
class SecurityPersonnel(Person):
    identifier_field: ClassVar[str] = "employee_id"

    security_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    employee_id = LineField(max_length=50, help_text="For example SEC/2024/001.")
    badge_number = LineField(max_length=50, help_text="As engraved, for example BADGE001.")
    full_name = LineField(max_length=200)
    hire_date = models.DateField(null=True, blank=True, validators=[validate_plausible_day])
    search_text = models.GeneratedField(
        expression=folded("full_name", "employee_id", "badge_number"),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = PersonManager()

    class Meta:
        verbose_name = "security person"
        verbose_name_plural = "security personnel"
        ordering = ("full_name", "security_id")
        constraints = (
            models.UniqueConstraint(
                Upper("employee_id"),
                name="security_securitypersonnel_unique_employee_id",
                violation_error_message="Somebody with this employee ID already exists.",
            ),
            models.UniqueConstraint(
                Upper("badge_number"),
                name="security_securitypersonnel_unique_badge_number",
                violation_error_message="Somebody with this badge number already exists.",
            ),
            models.CheckConstraint(
                condition=~models.Q(employee_id="")
                & ~models.Q(badge_number="")
                & ~models.Q(full_name=""),
                name="security_securitypersonnel_named",
                violation_error_message="A guard needs an employee ID, a badge and a name.",
            ),
        )
        indexes = (
            # ?search=: the office's and the API's search boxes
            GinIndex(
                fields=["search_text"],
                opclasses=["gin_trgm_ops"],
                name="security_personnel_search",
            ),
            # the first pages of the list in its default order
            models.Index(fields=["full_name", "security_id"], name="security_personnel_by_name"),
        )
