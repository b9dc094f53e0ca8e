"""When meals are served, and to whom: the list, and the form with its preview."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from hashlib import sha256
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability
from core.errors import InvalidFields
from core.weekdays import WeekdaysFormField
from kitchen.expected import expected_on
from kitchen.models import Diners, MealPeriod, PeriodRule, PeriodVersion, today
from kitchen.serializers import MAX_PORTIONS, MealPeriodSerializer
from kitchen.services import change_period, in_the_way, make_period
from kitchen.words import meaning
from office.chips import chip
from office.lists import DAY_INPUT, TIME_INPUT, OfficeModelAdmin
from office.previewing import PreviewedView, add_errors, complete
from office.rooms import Room
from office.tasks import Tone
from people.kinds import PersonKind, kinds
from people.office.audience import AudienceForm, Touched

LIST: Final = "admin:kitchen_mealperiod_changelist"
OWN_FIELDS: Final = tuple(name for name in PeriodRule.RULE if name != "applies_to")


class MealPeriodForm(AudienceForm):
    """All that `PeriodRule.RULE` says, and from when on."""

    name = forms.CharField(label=_("Name"), max_length=50, help_text=_("For example Lunch."))
    starts_at = forms.TimeField(label=_("From"), widget=TIME_INPUT)
    ends_at = forms.TimeField(
        label=_("Until"),
        widget=TIME_INPUT,
        help_text=_(
            "From this time on it is over. No later than the start: the next morning, and its "
            "meals are of the day on which it began."
        ),
    )
    days = WeekdaysFormField(
        required=False,
        label=pgettext_lazy("days", "On"),
        help_text=_("On other days nothing is served in it."),
    )
    is_active = forms.BooleanField(
        required=False,
        label=_("In use"),
        help_text=_("Off: nothing is served in it. What was served stays in the lists."),
    )
    who = forms.ChoiceField(choices=Diners.choices, label=_("For"))
    portions = forms.IntegerField(
        label=_("Portions"),
        min_value=1,
        max_value=MAX_PORTIONS,
        help_text=_("How many meals each may have in it on a day."),
    )
    valid_from = forms.DateField(
        label=_("Holds from"),
        required=False,
        widget=DAY_INPUT,
        help_text=_(
            "Today: from this moment on. What was served before keeps the rule that it had."
        ),
    )

    @staticmethod
    def known_kinds() -> dict[str, PersonKind]:
        return {kind.key: kind for kind in kinds()}

    def rule(self) -> dict[str, Any]:
        """As the API is sent it; of a form that is valid."""
        said = {name: self.cleaned_data[name] for name in OWN_FIELDS}
        return {**said, "applies_to": self.applies_to()}


@dataclass(frozen=True, slots=True)
class PeriodDraft:
    """A period as somebody thinks of it; `before` is empty for a new one."""

    before: str
    after: str
    since: date
    write: Callable[[], MealPeriod]
    period: MealPeriod


class MealPeriodView(PreviewedView):
    """Add a period, or change the one of the address."""

    capability = Capability.MANAGE_MEALS
    title = _("Add a meal period")
    template_name = "kitchen/period_form.html"
    preview_template = "kitchen/period_preview.html"
    back_name = _("Meal periods")

    @property
    def back(self) -> str:
        return reverse(LIST)

    @cached_property
    def period(self) -> MealPeriod | None:
        if "pk" not in self.kwargs:
            return None
        try:
            return MealPeriod.objects.prefetch_related("versions").get(pk=self.kwargs["pk"])
        except (MealPeriod.DoesNotExist, ValidationError) as error:
            raise Http404 from error

    @cached_property
    def form(self) -> MealPeriodForm:
        shown = self.period or MealPeriod()
        is_planned = self.period is not None and shown.valid_from > today()
        since = shown.valid_from if is_planned else today()
        return MealPeriodForm(
            self.request.POST if self.request.method == "POST" else None,
            user=self.user,
            applies_to=shown.applies_to,
            initial={**{name: getattr(shown, name) for name in OWN_FIELDS}, "valid_from": since},
        )

    def form_again(self, step: str) -> bool:
        if step not in {"edit", "find"}:
            return False
        self.form.unchecked()
        return True

    def draft(self) -> PeriodDraft | None:
        """What was posted; None if something is wrong with it, which the form says."""
        form, known = self.form, self.period
        if not form.is_valid():
            return None
        serializer = MealPeriodSerializer(known, data=form.rule())
        if not serializer.is_valid():
            add_errors(form, serializer.errors, {})
            return None
        rule, since = dict(serializer.validated_data), form.cleaned_data["valid_from"] or today()
        thought = MealPeriod(**rule, **({"pk": known.pk} if known else {}))
        if thought.is_active and (other := in_the_way(thought)):
            in_the_way_of_it = gettext("{period} is served at some of these times.")
            form.add_error(None, in_the_way_of_it.format(period=other))
            return None
        return PeriodDraft(
            before=_sentence(known) if known else "",
            after=_sentence(thought),
            since=since,
            write=partial(_write, known, rule, since),
            period=thought,
        )

    def previewed(self) -> HttpResponse:
        seen = rules_as_they_are()
        try:
            draft = self.draft()
            if draft is None:
                return self.with_errors()
            with transaction.atomic():
                draft.write()
                transaction.set_rollback(True)
        except InvalidFields as error:
            add_errors(self.form, error.fields, {})
            return self.with_errors()
        is_now = draft.since == today()
        return self.show_preview(draft=draft, seen=seen, is_now=is_now, **self._whom(draft))

    def _whom(self, draft: PeriodDraft) -> dict[str, Any]:
        """Of whoever is on the roll today: for whom it is, and how many more or fewer that is."""
        people = expected_on(today())
        meant = people.filter(draft.period.people_q())
        if self.period is None:
            return {"touched": Touched.of(meant)}
        before = people.filter(self.period.people_q())
        return {
            "touched": Touched.of(meant),
            "more": meant.exclude(pk__in=before.values("pk")).count(),
            "fewer": before.exclude(pk__in=meant.values("pk")).count(),
        }

    def written(self) -> HttpResponse:
        if self.request.POST.get("seen") != rules_as_they_are():
            return self.out_of_date()
        try:
            draft = self.draft()
            if draft is None:
                return self.with_errors()
            draft.write()
        except InvalidFields as error:
            add_errors(self.form, error.fields, {})
            return self.with_errors()
        messages.success(self.request, gettext("Written. {period}").format(period=draft.after))
        return redirect(self.back)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown: dict[str, Any] = {"form": self.form, "period": self.period}
        if self.period:
            shown |= {"title": self.period.name, "meaning": meaning(self.period)}
            shown["rules"] = what_holds_when(self.period)
        return super().get_context_data(**{**shown, **kwargs})


def _sentence(rule: PeriodRule) -> str:
    if rule.is_active:
        return f"{rule.name}: {meaning(rule)}"
    words = gettext("{name} (switched off): {meaning}")
    return words.format(name=rule.name, meaning=meaning(rule))


def _write(known: MealPeriod | None, rule: dict[str, Any], since: date) -> MealPeriod:
    """Only what was changed: what is planned for later keeps the rest of itself."""
    if known is None:
        return make_period(rule=rule, valid_from=since)
    period = MealPeriod.objects.get(pk=known.pk)
    changes = {name: value for name, value in rule.items() if getattr(known, name) != value}
    return change_period(period=period, changes=changes, valid_from=since)


def rules_as_they_are() -> str:
    """Another whenever any period is: what was previewed is what is written."""
    rows = PeriodVersion.objects.order_by("pk").values_list()
    return sha256(repr(list(rows)).encode()).hexdigest()[:16]


def what_holds_when(period: MealPeriod) -> list[tuple[PeriodRule, str]]:
    """The versions of a period that has several, each in words."""
    versions = sorted(period.versions.all(), key=lambda version: version.held)
    return [(each, meaning(each)) for each in versions] if versions[1:] else []


class InUseFilter(admin.SimpleListFilter):
    """In the words of the list and of the form."""

    title = _("state")
    parameter_name = "in_use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("yes", gettext("In use")), ("no", gettext("Switched off"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(is_active=self.value() == "yes") if self.value() else queryset


class MealPeriodAdmin(OfficeModelAdmin[MealPeriod]):
    room = Room.KITCHEN
    place = 3
    change_form_template = "kitchen/period.html"
    list_display = ("name", "meaning", "state")
    list_filter = (InUseFilter,)
    # For whoever may only look.
    fields = ("name", "meaning", "state", "valid_from")
    readonly_fields = ("meaning", "state")

    def get_queryset(self, request: HttpRequest) -> QuerySet[MealPeriod]:
        return super().get_queryset(request).prefetch_related("versions")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return complete(MealPeriodView.as_view()(request))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_change_permission(request):
            return super().change_view(request, object_id, form_url, extra_context)
        return complete(MealPeriodView.as_view()(request, pk=object_id))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if (period := context.get("original")) is not None:
            context |= {"meaning": meaning(period), "rules": what_holds_when(period)}
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("What it means"))
    def meaning(self, period: MealPeriod) -> str:
        return meaning(period)

    @admin.display(description=_("State"))
    def state(self, period: MealPeriod) -> str:
        now, versions = timezone.now(), period.versions.all()
        held: Iterable[PeriodRule] = (each for each in versions if now in each.held)
        rule = next(iter(held), None)
        if rule is None or not rule.is_active:
            words = gettext("Planned") if period.is_active else gettext("Switched off")
            return chip(words, Tone.QUIET)
        is_now = rule.day_at(timezone.localtime(now)) is not None
        if is_now:
            return chip(gettext("Being served now"), Tone.GOOD)
        return chip(gettext("In use"), Tone.INFO)
