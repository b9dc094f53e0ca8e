"""Members of staff (contract section 5)."""

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from people.fields import LineField
from people.models import Person, of_its_kind
from staff.kind import STAFF


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    fields=["position"],
    model_name="StaffMemberEvent",
)
class StaffMember(Person):
    """What only members of staff have; all else of them is a `Person`'s."""

    person_kind = STAFF

    person = models.OneToOneField(
        Person, models.CASCADE, parent_link=True, primary_key=True, related_name="staffmember"
    )
    position = LineField(_("position"), max_length=150, blank=True, default="")

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")
        triggers = (of_its_kind(STAFF),)
