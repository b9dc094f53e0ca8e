"""A change of rules in the office: said in a form, shown in a preview, and only then written.

What the form holds goes along in the preview as hidden values, so nothing is kept meanwhile. What
is written is what was shown: if the rules have changed since, there is a new preview instead.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.generic.base import TemplateResponseMixin

from accounts.roles import Capability
from attendance.changes import PREVIEWED, Applying, Preview, Scope, change_rules, preview_rules
from attendance.models import Rulebook
from attendance.rulebook import RulesChange, rules_now
from attendance.rules import Rules
from core.constraints import NON_FIELD, violations_as_field_errors
from core.errors import DomainError, InvalidFields, messages_in
from office.views import OfficeView
from people.kinds import kind_named, kinds_with_days
from people.models import Person
from people.standing import is_expected_q

Write = Callable[[RulesChange], Any]
FIRST_NAMES: Final = 6
# What a page of this way says to itself, beside what the rule is.
OWN_NAMES: Final = frozenset(
    {"csrfmiddlewaretoken", "step", "seen", "apply_to_closed", "closed_reason"}
)


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
        return self.done or (f"Written. {self.after}" if self.after else "Removed.")


@dataclass(frozen=True, slots=True)
class Touched:
    """Whom a rule is about: `120 students`, `3 staff`, and the first of them by name."""

    numbers: list[str]
    names: list[str]


def touched_by(draft: Draft) -> Touched | None:
    """Of whoever is on the roll today."""
    if draft.touched is None:
        return None
    with transaction.atomic():
        change = RulesChange(PREVIEWED)
        draft.write(change)
        change.write_absences()
        whom = draft.touched(rules_now())
        transaction.set_rollback(True)
    people = Person.objects.filter(
        whom, is_expected_q(timezone.localdate()), kind__in=kinds_with_days()
    )
    counts = people.order_by("kind").values_list("kind").annotate(Count("pk"))
    names = people[:FIRST_NAMES]
    return Touched(
        [kind_named(key).count_of(number) for key, number in counts],
        [str(person.full_name) for person in names],
    )


def saved(instance: Any, said: Mapping[str, Any]) -> Any:
    """The row with what was said of it, written. Raises InvalidFields."""
    for name, value in said.items():
        setattr(instance, name, value)
    with violations_as_field_errors(type(instance)):
        instance.save()
    return instance


class RuleChangeView(TemplateResponseMixin, OfficeView):
    """Mix into a view that changes rules; it shows `template_name` until all is said.

    A view whose `needs_form` is False has nothing to ask and begins with the preview.
    """

    capability = Capability.MANAGE_ATTENDANCE
    preview_template: ClassVar[str] = "attendance/preview.html"
    action: ClassVar[str] = "Write this"
    is_dangerous: ClassVar[bool] = False
    needs_form: ClassVar[bool] = True

    @property
    def back(self) -> str:
        """Where it leads when all is done, or given up."""
        raise NotImplementedError

    @property
    def back_name(self) -> str:
        raise NotImplementedError

    def draft(self) -> Draft | None:
        """What was posted, as a change; None if something is wrong with it, which the form says."""
        raise NotImplementedError

    def form_again(self, step: str) -> bool:
        """Whether this button only changes the form; if so, that has been done."""
        return step == "edit"

    def kept(self) -> Sequence[tuple[str, str]]:
        """What goes along in the preview, to be said again."""
        return list(_said(self.request.POST))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.needs_form:
            return self.render_to_response(self.get_context_data())
        return self.previewed()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        step = request.POST.get("step", "")
        if self.needs_form and self.form_again(step):
            return self.render_to_response(self.get_context_data())
        return self.written() if step == "write" else self.previewed()

    def previewed(self, reason_error: str = "") -> HttpResponse:
        try:
            draft = self.draft()
            if draft is None:
                return self.render_to_response(self.get_context_data(has_errors=True))
            seen = newest_version()
            preview = preview_rules(draft.write, scope=draft.scope)
            touched = touched_by(draft)
        except DomainError as error:
            return self.refused(error)
        asked = self.request.POST
        context = self.get_context_data(
            draft=draft,
            preview=preview,
            changes=list(_changes_in_words(preview)),
            touched=touched,
            seen=seen,
            hidden=self.kept(),
            to_closed=bool(asked.get("apply_to_closed")),
            closed_reason=asked.get("closed_reason", ""),
            reason_error=reason_error,
        )
        return self.response_class(self.request, [self.preview_template], context, using=None)

    def written(self) -> HttpResponse:
        if self.request.POST.get("seen") != str(newest_version()):
            messages.warning(
                self.request,
                "Nothing is written yet: rules have changed since you saw the preview. This is "
                "the new one.",
            )
            return self.previewed()
        applying = Applying(
            bool(self.request.POST.get("apply_to_closed")),
            " ".join(self.request.POST.get("closed_reason", "").replace("\0", "").split()),
        )
        try:
            applying.check()
        except InvalidFields as error:
            return self.previewed(reason_error=error.message)
        try:
            draft = self.draft()
            if draft is None:
                return self.render_to_response(self.get_context_data(has_errors=True))
            change_rules(
                draft.write, what=draft.what, scope=draft.scope, by=self.user, applying=applying
            )
        except DomainError as error:
            return self.refused(error)
        messages.success(self.request, draft.told)
        return redirect(self.back)

    def refused(self, error: DomainError) -> HttpResponse:
        for message in error.messages:
            messages.error(self.request, message)
        if not self.needs_form:
            return redirect(self.back)
        return self.render_to_response(self.get_context_data(has_errors=True))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        ways = {
            "back": self.back,
            "back_name": self.back_name,
            "action": self.action,
            "is_dangerous": self.is_dangerous,
            "needs_form": self.needs_form,
        }
        return super().get_context_data(**{**ways, **kwargs})


def newest_version() -> int:
    """Of the rules."""
    return Rulebook.objects.values_list("version", flat=True).first() or 0


def _said(asked: Any) -> Iterable[tuple[str, str]]:
    for name, values in asked.lists():
        if name not in OWN_NAMES:
            yield from ((name, value) for value in values)


NO_STATUS: Final = "nothing"


def _changes_in_words(preview: Preview) -> Iterable[tuple[str, str, int]]:
    for change in preview.changes:
        yield change["from"] or NO_STATUS, change["to"] or NO_STATUS, change["count"]


def add_errors(form: forms.Form, errors: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """What a serializer found wrong, beside the fields; `names`: those of the form that differ."""
    for key, found in errors.items():
        name = names.get(key, key)
        is_of_form = key != NON_FIELD and name in form.fields
        for message in messages_in(found):
            form.add_error(name if is_of_form else None, message)


def complete(response: HttpResponseBase) -> HttpResponse:
    """What a view answers, for an admin in whose place it stands."""
    assert isinstance(response, HttpResponse)
    return response
