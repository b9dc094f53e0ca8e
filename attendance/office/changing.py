"""A change of rules in the office: said in a form, shown in a preview, and only then written.

What is written is what was shown: if the rules have changed since, there is a new preview instead.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.roles import Capability
from attendance.changes import PREVIEWED, Applying, Preview, change_rules, preview_rules
from attendance.models import Rulebook
from attendance.open_days import Scope
from attendance.rulebook import RulesChange, rules_now
from attendance.rules import Rules
from core.constraints import violations_as_field_errors
from core.errors import DomainError, InvalidFields
from office.previewing import PreviewedView
from people.kinds import kinds_with_days
from people.models import Person
from people.office.audience import Touched
from people.standing import is_expected_q

Write = Callable[[RulesChange], Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """A change of rules that somebody thinks of.

    `what`: as the list of changes names it; `before` and `after`: the rule in a sentence, empty
    for one that is not there. `touched`: whom it is about, by the rules as they would be.
    """

    what: str
    write: Write
    scope: Scope
    before: str = ""
    after: str = ""
    touched: Callable[[Rules], Q] | None = None
    done: str = ""
    """What is said when it is written, if that is more than that the rule is now as `after`."""

    @property
    def told(self) -> str:
        if self.done or not self.after:
            return self.done or _("Removed.")
        return _("Written. {rule}").format(rule=self.after)


def touched_by(draft: Draft) -> Touched | None:
    """Of whoever is on the roll today."""
    if draft.touched is None:
        return None
    with transaction.atomic():
        change = RulesChange(PREVIEWED, None)
        draft.write(change)
        change.write_absences()
        whom = draft.touched(rules_now())
        transaction.set_rollback(True)
    people = Person.objects.filter(
        whom, is_expected_q(timezone.localdate()), kind__in=kinds_with_days()
    )
    return Touched.of(people)


def saved(instance: Any, said: Mapping[str, Any]) -> Any:
    """The row with what was said of it, written. Raises InvalidFields."""
    for name, value in said.items():
        setattr(instance, name, value)
    with violations_as_field_errors(type(instance)):
        instance.save()
    return instance


class RuleChangeView(PreviewedView):
    """Mix into a view that changes rules of the day."""

    capability = Capability.MANAGE_ATTENDANCE
    preview_template = "attendance/preview.html"

    def draft(self) -> Draft | None:
        """What was posted, as a change; None if something is wrong with it, which the form says."""
        raise NotImplementedError

    def previewed(self, reason_error: str = "") -> HttpResponse:
        try:
            draft = self.draft()
            if draft is None:
                return self.with_errors()
            seen = newest_version()
            preview = preview_rules(draft.write, scope=draft.scope)
            touched = touched_by(draft)
        except DomainError as error:
            return self.refused(error)
        asked = self.request.POST
        return self.show_preview(
            draft=draft,
            preview=preview,
            changes=list(_changes_in_words(preview)),
            touched=touched,
            seen=seen,
            to_closed=bool(asked.get("apply_to_closed")),
            closed_reason=asked.get("closed_reason", ""),
            reason_error=reason_error,
        )

    def written(self) -> HttpResponse:
        if self.request.POST.get("seen") != str(newest_version()):
            return self.out_of_date()
        applying = Applying(
            bool(self.request.POST.get("apply_to_closed")),
            " ".join(self.request.POST.get("closed_reason", "").replace("\0", "").split()),
        )
        try:
            applying.check()
        except InvalidFields as error:
            return self.previewed(reason_error=str(error))
        try:
            draft = self.draft()
            if draft is None:
                return self.with_errors()
            change_rules(
                draft.write, what=draft.what, scope=draft.scope, by=self.user, applying=applying
            )
        except DomainError as error:
            return self.refused(error)
        messages.success(self.request, draft.told)
        return redirect(self.back)


def newest_version() -> int:
    """Of the rules."""
    return Rulebook.objects.values_list("version", flat=True).first() or 0


NO_STATUS: Final = "nothing"


def _changes_in_words(preview: Preview) -> Iterable[tuple[str, str, int]]:
    for change in preview.changes:
        yield change["from"] or NO_STATUS, change["to"] or NO_STATUS, change["count"]
