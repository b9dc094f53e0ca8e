"""Visitors (contract section 5)."""

from datetime import date, datetime, time, timedelta
from typing import ClassVar, Self

import pghistory
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.fields import LineField
from people.models import (
    EARLIEST_DAY,
    LATEST_DAY,
    Person,
    PersonQuerySet,
    found_by,
    of_its_kind,
)
from staff.models import StaffMember
from visitors.kind import VISITOR

ENDS_FIRST = _("A visit ends after it has begun.")


class VisitorQuerySet(PersonQuerySet["Visitor"]):
    def expected_on(self, day: date) -> Self:
        """Whose visit takes in a part of this day on the campus."""
        if not EARLIEST_DAY <= day < LATEST_DAY:
            return self.none()
        begins = timezone.make_aware(datetime.combine(day, time.min))
        return self.filter(admitted_from__lt=begins + timedelta(days=1), admitted_until__gt=begins)


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    fields=["company", "host", "purpose"],
    model_name="VisitorEvent",
)
class Visitor(Person):
    """What only visitors have; all else of them, also when they are expected, is a `Person`'s.

    Whoever comes without a number is given one by the database (sql/give_number.sql).
    """

    person_kind = VISITOR

    person = models.OneToOneField(
        Person, models.CASCADE, parent_link=True, primary_key=True, related_name="visitor"
    )
    company = LineField(
        _("company"),
        max_length=150,
        blank=True,
        default="",
        help_text=_("Or where else they come from."),
    )
    # Without a way back: who was visited by whom is no part of the host's own data.
    host = models.ForeignKey(
        StaffMember,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("host"),
        related_name="+",
        help_text=_("The member of staff who is visited."),
    )
    purpose = LineField(_("purpose"), max_length=300, blank=True, default="")

    objects: ClassVar[models.Manager["Visitor"]] = VisitorQuerySet.as_manager()

    class Meta:
        verbose_name = _("visitor")
        verbose_name_plural = _("visitors")
        triggers = (of_its_kind(VISITOR), found_by("company"))
