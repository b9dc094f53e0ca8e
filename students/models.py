"""Students (contract section 5)."""

from typing import Final

import pghistory
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from people.fields import LineField
from people.models import Person, of_its_kind, validate_past_day
from students.kind import STUDENT

# The more, the more are left; what everybody starts with apart.
POINTS: Final = models.F("points_given") - models.F("points_deducted")


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    fields=["program", "date_of_birth", "academic_status", "points_deducted", "points_given"],
    model_name="StudentEvent",
)
class Student(Person):
    """What only students have; all else of them is a `Person`'s."""

    class AcademicStatus(models.TextChoices):
        CURRENT = "Current", _("Current")
        RETAKE = "Retake", _("Retake")
        DEFERRED = "Deferred", _("Deferred")
        PROBATION = "Probation", _("Probation")
        COMPLETED = "Completed", _("Completed")

    person_kind = STUDENT

    person = models.OneToOneField(
        Person, models.CASCADE, parent_link=True, primary_key=True, related_name="student"
    )
    program = LineField(_("program"), max_length=200, blank=True, default="")
    date_of_birth = models.DateField(
        _("date of birth"), null=True, blank=True, validators=[validate_past_day]
    )
    academic_status = models.CharField(
        _("academic status"), max_length=10, choices=AcademicStatus, default=AcademicStatus.CURRENT
    )
    points_deducted = models.PositiveIntegerField(
        _("points deducted"),
        default=0,
        editable=False,
        help_text=_("The sum of this student's discipline ledger."),
    )
    points_given = models.PositiveIntegerField(
        _("points given"),
        default=0,
        db_default=0,
        editable=False,
        help_text=_("The sum of this student's merits."),
    )

    class Meta:
        verbose_name = _("student")
        verbose_name_plural = _("students")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    academic_status__in=["Current", "Retake", "Deferred", "Probation", "Completed"]
                ),
                name="students_student_known_academic_status",
                violation_error_message=_("There is no such academic status."),
            ),
        )
        indexes = (
            # who has the fewest points left? (`discipline.office.points_left`)
            models.Index(POINTS, models.F("person"), name="students_student_by_points"),
        )
        triggers = (of_its_kind(STUDENT),)

    @property
    def discipline_points(self) -> int:
        """What is left. Merits make good for incidents, of before and of later; they raise nobody
        above what everybody starts with, unless the institution says so."""
        return self.points_after()

    def points_after(self, *, deducted: int = 0) -> int:
        """What is left once so many more are deducted; fewer than none are given back."""
        start: int = settings.DISCIPLINE_STARTING_POINTS
        left = start + self.points_given - self.points_deducted - deducted
        return left if settings.DISCIPLINE_MERITS_ABOVE_START else min(left, start)
