"""The form of a visitor in the office."""

from datetime import datetime, time
from typing import Any

from django.utils import timezone

from people.office.person_form import PersonForm
from visitors.models import ENDS_FIRST

LAST_MINUTE = time(23, 59)


class VisitorForm(PersonForm):
    """Somebody new is expected from now until the day is over, unless it says otherwise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_new = not self.instance.identifier
        if number := self.fields.get("identifier"):
            number.required, number.disabled = False, not is_new
        for name in self.fields.keys() & {"admitted_from", "admitted_until"}:
            self.fields[name].required = True
        if is_new:
            now = timezone.localtime().replace(second=0, microsecond=0)
            tonight = timezone.make_aware(datetime.combine(now, LAST_MINUTE))
            self.initial = {"admitted_from": now, "admitted_until": tonight, **self.initial}

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        begins, ends = data.get("admitted_from"), data.get("admitted_until")
        if begins and ends and ends <= begins:
            self.add_error("admitted_until", ENDS_FIRST)
        return data
