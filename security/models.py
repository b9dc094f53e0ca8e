"""Security personnel: the guards at the gates (contract section 5)."""

import pghistory
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from people.fields import LineField
from people.models import Person, found_by, of_its_kind, validate_plausible_day
from security.kind import SECURITY


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    fields=["badge_number", "hire_date"],
    model_name="SecurityPersonnelEvent",
)
class SecurityPersonnel(Person):
    """What only guards have; all else of them is a `Person`'s."""

    person_kind = SECURITY

    person = models.OneToOneField(
        Person, models.CASCADE, parent_link=True, primary_key=True, related_name="securitypersonnel"
    )
    badge_number = LineField(
        _("badge number"), max_length=50, help_text=_("As engraved, for example BADGE001.")
    )
    hire_date = models.DateField(
        _("hire date"), null=True, blank=True, validators=[validate_plausible_day]
    )

    class Meta:
        verbose_name = _("security person")
        verbose_name_plural = _("security personnel")
        constraints = (
            models.UniqueConstraint(
                Upper("badge_number"),
                name="security_securitypersonnel_unique_badge_number",
                violation_error_message=_("Somebody with this badge number already exists."),
            ),
            models.CheckConstraint(
                condition=~models.Q(badge_number=""),
                name="security_securitypersonnel_has_a_badge",
                violation_error_message=_("A guard has a badge."),
            ),
        )
        triggers = (of_its_kind(SECURITY), found_by(SECURITY.more_words_key))
