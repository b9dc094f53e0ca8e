"""Absences in the office: the list, the form for one person or a group, and taking one back."""

from functools import cached_property
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from attendance.models import Absence
from attendance.office.audience import meant
from attendance.office.calendar import when_chip
from attendance.office.changing import Draft, RuleChangeView
from attendance.office.spans import SpanForm, SpanView, always
from attendance.open_days import Scope
from attendance.rule_serializers import AbsenceSerializer
from attendance.rulebook import RulesChange
from attendance.sentences import audience_in_words, entry_in_words
from office.lists import OfficeModelAdmin
from office.previewing import complete
from office.rooms import Room
from people.kinds import kinds_with_days
from people.models import Person
from people.scope import seen_q

LIST: Final = "admin:attendance_absence_changelist"


def whose(absence: Absence) -> str:
    """The person's name, or the audience in words."""
    if absence.person:
        return str(absence.person.full_name)
    return audience_in_words(absence.applies_to)


def sentence_of_absence(absence: Absence) -> str:
    """`Asha Komba is excused 9 December 2026: funeral.`"""
    if absence.person:
        said = gettext("{person} is excused, {when}: {reason}.")
    else:
        said = gettext("{people} are excused, {when}: {reason}.")
    who, when = whose(absence), entry_in_words(absence)
    return said.format(person=who, people=who, when=when, reason=absence.reason)


def what_became(absence: Absence, deed: str) -> str:
    """As the list of changes keeps it, in English whoever did it."""
    with override("en"):
        return f"Absence {deed}: {whose(absence)}"[:200]


class AbsenceForm(SpanForm):
    reason = forms.CharField(
        max_length=300,
        label=_("Reason"),
        help_text=_("For example: ill, school trip, funeral. It is shown beside the day."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class AbsenceView(SpanView):
    """`?person=` and `?day=` say whose, and when it begins."""

    title = _("Somebody is away")
    template_name = "attendance/absence.html"
    form_class = AbsenceForm
    words = "reason"
    back_name = _("Absences")

    @property
    def back(self) -> str:
        return reverse(LIST)

    @cached_property
    def entry(self) -> Any:
        return found_absence(self.kwargs["pk"], self.user) if "pk" in self.kwargs else None

    def first_words(self) -> dict[str, Any]:
        return {"first_day": self.request.GET.get("day") or timezone.localdate()}

    def first_audience(self) -> dict[str, list[str]]:
        people = self.request.GET.getlist("person")
        return {"people": people} if people else {}

    def applies_to_of(self, entry: Absence) -> dict[str, list[str]]:
        if entry.person_id:
            return {"people": [str(entry.person_id)]}
        return super().applies_to_of(entry)

    def draft(self) -> Draft | None:
        form, known = self.form, self.entry
        if not form.is_valid():
            return None
        data = {**form.span(), "reason": form.cleaned_data["reason"], **self._of_whom()}
        serializer = AbsenceSerializer(known, data=data, context={"request": self.request})
        said = self.validated(serializer)
        if said is None:
            return None
        thought = Absence(**said)
        return Draft(
            what=what_became(thought, "changed" if known else "added"),
            write=lambda change: write_absence(change, said, by=self.user, instead_of=known),
            scope=self.scope_with(said),
            before=sentence_of_absence(known) if known else "",
            after=sentence_of_absence(thought),
            touched=always(whom(thought)),
        )

    def _of_whom(self) -> dict[str, Any]:
        """One person by name, or a group."""
        applies_to = self.form.applies_to()
        people = list(self.form.cleaned_data["people"])
        if len(people) == 1 and applies_to.keys() == {"people"}:
            return {people[0].kind: people[0].pk}
        return {"applies_to": applies_to}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        title = {"title": whose(self.entry)} if self.entry else {}
        return super().get_context_data(**{**title, **kwargs})


def whom(absence: Absence) -> Q:
    if absence.person:
        return Q(pk=absence.person.pk)
    found: Q = meant(absence.applies_to)
    return found


def write_absence(
    change: RulesChange, said: dict[str, Any], *, by: Any, instead_of: Absence | None = None
) -> Absence:
    """A change is another row of the same absence: closed days go on seeing what they saw."""
    if instead_of is None:
        absence = Absence(**said, recorded_by=by)
    else:
        # As it is under the lock: somebody may have withdrawn it.
        known = Absence.objects.standing().filter(pk=instead_of.pk).first()
        if known is None:
            raise Http404
        change.withdraw(known)
        absence = Absence(absence_id=known.absence_id, recorded_by=by, **said)
    change.add(absence)
    return absence


def found_absence(pk: Any, user: Any) -> Absence:
    """Raises Http404."""
    rows = Absence.objects.standing().filter(seen_q(user, "person__")).select_related("person")
    try:
        return rows.get(pk=int(pk)) if str(pk).isdecimal() and len(str(pk)) < 19 else _missing()
    except Absence.DoesNotExist as error:
        raise Http404 from error


def _missing() -> Absence:
    raise Http404


class WithdrawAbsenceView(RuleChangeView):
    title = _("Withdraw this absence?")
    action = _("Withdraw it")
    is_dangerous = True
    needs_form = False
    back_name = _("Absences")

    @property
    def back(self) -> str:
        return reverse(LIST)

    def draft(self) -> Draft:
        absence = found_absence(self.kwargs["pk"], self.user)
        return Draft(
            what=what_became(absence, "withdrawn"),
            write=lambda change: change.withdraw(absence),
            scope=Scope(absence.first_day, absence.last_day),
            before=sentence_of_absence(absence),
        )


# --- the list -----------------------------------------------------------------------------------


class WhenFilter(admin.SimpleListFilter):
    title = _("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [
            ("now", gettext("Now")),
            ("to_come", gettext("To come")),
            ("past", gettext("Past")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        conditions = {
            "now": Q(first_day__lte=today, last_day__gte=today),
            "to_come": Q(first_day__gt=today),
            "past": Q(last_day__lt=today),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


class AbsentKindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(key, str(kind.short_title)) for key, kind in kinds_with_days().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(person__kind=self.value()) if self.value() else queryset


class ClassFilter(admin.SimpleListFilter):
    """Of people in it, and of it as a group."""

    title = _("class")
    parameter_name = "class"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        people = Person.objects.seen_by(request.user).exclude(class_code="")
        codes = people.order_by("class_code").values_list("class_code", flat=True).distinct()
        return [(code, code) for code in codes]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        code = (self.value() or "").replace("\0", "")
        if not code:
            return queryset
        return queryset.filter(
            Q(person__class_code=code) | Q(applies_to__class_codes__contains=[code])
        )


class AbsenceAdmin(OfficeModelAdmin[Absence]):
    room = Room.ATTENDANCE
    place = 6
    change_list_template = "attendance/absences.html"
    list_display = ("of_whom", "days", "reason", "recorded_by", "when")
    list_display_links = ("of_whom",)
    list_filter = (WhenFilter, AbsentKindFilter, ClassFilter)
    list_select_related = ("person", "recorded_by")
    sortable_by = ()
    list_per_page = 50
    search_fields = ("reason",)  # shows the search box; get_search_results does the search
    search_help_text = _("Any part of a name, a number or the reason.")
    ordering = ("-first_day", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Absence]:
        return Absence.objects.standing().filter(seen_q(request.user, "person__"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = search_term.replace("\0", "").strip()
        if not words:
            return queryset, False
        people = Person.objects.search(words)
        return queryset.filter(Q(person__in=people) | Q(reason__icontains=words)), False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """None: each is withdrawn by itself, after a preview."""
        return {}

    def has_delete_permission(self, request: HttpRequest, obj: Absence | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        """Whoever only reads sees all there is in the list."""
        return ("of_whom",) if self.has_change_permission(request) else None

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return complete(AbsenceView.as_view()(request))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return complete(AbsenceView.as_view()(request, pk=object_id))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        return complete(WithdrawAbsenceView.as_view()(request, pk=object_id))

    @admin.display(description=_("Who"))
    def of_whom(self, absence: Absence) -> str:
        person = absence.person
        return f"{whose(absence)} ({person.identifier})" if person else whose(absence)

    @admin.display(description=_("Days"))
    def days(self, absence: Absence) -> str:
        return entry_in_words(absence)

    @admin.display(description=_("When"))
    def when(self, absence: Absence) -> str:
        return when_chip(absence.first_day, absence.last_day)
