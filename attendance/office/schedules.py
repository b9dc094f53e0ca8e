"""Schedules in the office: the list, the simple rule, and the whole form with its sessions."""

from collections.abc import Mapping, Sequence
from datetime import time
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from attendance.followers import followers_of
from attendance.models import EVERYBODY, Schedule
from attendance.office.changing import Draft, RuleChangeView, saved
from attendance.open_days import Scope
from attendance.rule_serializers import ScheduleSerializer, fitting_day_begin
from attendance.rulebook import RulesChange
from attendance.rules import Rules
from attendance.schedules import (
    EverybodysPolicyStays,
    Policy,
    everybodys_policy,
    new_session,
    policy_of,
    write_policy,
)
from attendance.sentences import sentence_of
from attendance.week import Week, week_of
from core.weekdays import WeekdaysFormField, monday_to_friday
from office.chips import chip
from office.lists import DAY_INPUT, TIME_INPUT, OfficeModelAdmin
from office.previewing import add_errors, complete
from office.rooms import Room
from office.tasks import Tone
from people.models import Person
from people.office.audience import AudienceForm, UnfinishedForm

LIST: Final = "admin:attendance_schedule_changelist"
MOST_SESSIONS: Final = 12


def week_of_schedule(schedule: Schedule) -> Week:
    return week_of(schedule.sessions, schedule.day_begins, schedule.closes_at)


def is_simple(schedule: Schedule) -> bool:
    """Whether the simple rule can say all of it."""
    sessions = schedule.sessions
    return schedule.policy_of is not None and (
        len(sessions) == 1
        and not sessions[0].get("ends_at")
        and sessions[0].get("late_after") in {None, sessions[0]["starts_at"]}
    )


def followers_by(pk: Any) -> Any:
    """Who would go by this schedule, by rules in which it stands."""

    def whom(rules: Rules) -> Q:
        today = timezone.localdate()
        schedule = next((one for one in rules.schedules if one.schedule_id == pk), None)
        if schedule is None:
            return Q(pk__in=[])
        day = max(today, schedule.valid_from or today)
        return followers_of(schedule, rules, day)

    return whom


# --- the simple rule ----------------------------------------------------------------------------


class PolicyForm(forms.Form):
    """A limit, an end, the days of the week: for everybody, or for one class level."""

    class_level = forms.CharField(
        max_length=50,
        label=_("Class level"),
        help_text=_(
            "As it is written on the students' pages. This rule holds for them; everybody's "
            "holds for all others."
        ),
        widget=forms.TextInput(attrs={"list": "class-levels", "autocomplete": "off"}),
    )
    late_after = forms.TimeField(
        label=_("Late after"),
        widget=TIME_INPUT,
        help_text=_("Whoever arrives after this time is Late."),
    )
    closes_at = forms.TimeField(
        label=_("The day closes at"),
        widget=TIME_INPUT,
        help_text=_("Whoever is expected and has not been seen by then is Absent."),
    )
    working_days = WeekdaysFormField(
        required=False,
        label=_("Working days"),
        help_text=_("On other days nobody is expected, and nobody is Absent."),
    )


class PolicyView(RuleChangeView):
    """Everybody's rule, or that of the class level in `?class_level=`; `?new=1` asks for which."""

    route = "attendance/policy/"
    url_name = "attendance_policy"
    title = _("The simple rule")
    template_name = "attendance/policy.html"

    @property
    def back(self) -> str:
        return reverse(LIST)

    back_name = _("Schedules")

    @property
    def is_new(self) -> bool:
        return "new" in self.request.GET

    @cached_property
    def schedule(self) -> Schedule:
        level = self.request.GET.get("class_level", EVERYBODY).replace("\0", "")
        known = everybodys_policy() if self.is_new else policy_of(level)
        if known is None:
            raise Http404
        return known

    @cached_property
    def form(self) -> PolicyForm:
        policy = Policy.of(self.schedule)
        names = ("late_after", "closes_at", "working_days")
        initial = {name: getattr(policy, name) for name in names}
        is_sent = self.request.method == "POST"
        form = PolicyForm(self.request.POST if is_sent else None, initial=initial)
        if not self.is_new:
            del form.fields["class_level"]
        return form

    def draft(self) -> Draft | None:
        form = self.form
        if not form.is_valid():
            return None
        said = {**form.cleaned_data}
        level = said.pop("class_level", self.schedule.policy_of) or EVERYBODY
        if said["late_after"] >= said["closes_at"]:
            form.add_error("closes_at", gettext("A day closes after the late limit."))
            return None
        if self.is_new and policy_of(level) is not None:
            form.add_error("class_level", gettext("This class level has a rule already."))
            return None
        known = policy_of(level)
        after = Schedule(
            sessions=[
                {
                    **new_session(),
                    "starts_at": said["late_after"].isoformat(),
                    "late_after": said["late_after"].isoformat(),
                    "weekdays": said["working_days"],
                }
            ],
            applies_to={"class_levels": [level]} if level else {},
        )
        return Draft(
            what="Policy changed",
            write=lambda _: write_policy(level, said)[0],
            scope=Scope(),
            before=sentence_of(known) if known else "",
            after=sentence_of(after),
            touched=_followers_of_policy(level),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        schedule = self.schedule
        levels = Person.objects.exclude(class_level="").order_by("class_level")
        return super().get_context_data(
            **{
                "title": _("A class level's own rule") if self.is_new else str(schedule),
                "form": self.form,
                "schedule": schedule,
                "is_new": self.is_new,
                "week": week_of_schedule(schedule),
                "levels": list(levels.values_list("class_level", flat=True).distinct()),
                "is_everybodys": schedule.policy_of == EVERYBODY,
                **kwargs,
            }
        )


def _followers_of_policy(level: str) -> Any:
    def whom(rules: Rules) -> Q:
        written = policy_of(level)
        return followers_by(written.pk)(rules) if written else Q(pk__in=[])

    return whom


# --- with sessions ------------------------------------------------------------------------------


class SessionForm(UnfinishedForm):
    """One row: when people are expected."""

    name = forms.CharField(max_length=50, label=_("Name"))
    weekdays = WeekdaysFormField(label=pgettext_lazy("weekdays", "On"))
    starts_at = forms.TimeField(label=_("Starts"), widget=TIME_INPUT)
    late_after = forms.TimeField(label=_("Late after"), widget=TIME_INPUT, required=False)
    ends_at = forms.TimeField(label=_("Ends"), widget=TIME_INPUT, required=False)
    requires_tap = forms.BooleanField(label=_("Needs a tap of its own"), required=False)

    def row(self) -> dict[str, Any]:
        """As the API is sent it; of a form that is valid."""
        said = self.cleaned_data
        times = ("starts_at", "late_after", "ends_at")
        return {
            **said,
            **{name: said[name] and said[name].isoformat() for name in times},
            "weekdays": list(said["weekdays"]),
        }


class DayScheduleForm(AudienceForm):
    name = forms.CharField(
        max_length=100, label=_("Name"), help_text=_("For example Evening classes.")
    )
    closes_at = forms.TimeField(
        label=_("The day closes at"),
        widget=TIME_INPUT,
        required=False,
        help_text=_(
            "Whoever is expected and has not been seen by then is Absent. Empty: when the "
            "next day begins."
        ),
    )
    day_begins = forms.TimeField(
        label=_("The day begins at"),
        widget=TIME_INPUT,
        required=False,
        help_text=_(
            "What happens before this belongs to the day before: whoever goes home at half "
            "past midnight was here the evening before. 00:00 suits most; for a night shift, noon."
        ),
    )
    valid_from = forms.DateField(
        label=_("Holds from"),
        widget=DAY_INPUT,
        required=False,
        help_text=_("Empty: always has. Days before keep the rule that they had."),
    )
    valid_to = forms.DateField(
        label=_("Holds until"),
        widget=DAY_INPUT,
        required=False,
        help_text=_("The last day. Empty: on."),
    )


class SessionRows:
    """The rows of a form, which its buttons add and remove; each has a number of its own."""

    def __init__(self, asked: Any, sessions: Sequence[Mapping[str, Any]]) -> None:
        if asked is None:
            numbered = list(enumerate(sessions)) or [(0, new_session())]
            self.forms = [
                SessionForm(initial=_initial(session), prefix=f"session-{number}")
                for number, session in numbered
            ]
            self.numbers = [number for number, _ in numbered]
        else:
            found = [int(text) for text in asked.getlist("session") if text.isdecimal()]
            self.numbers = sorted(set(found))[:MOST_SESSIONS]
            self.forms = [SessionForm(asked, prefix=f"session-{n}") for n in self.numbers]

    @property
    def rows(self) -> list[tuple[int, SessionForm]]:
        return list(zip(self.numbers, self.forms, strict=True))

    def add(self) -> None:
        """A row that begins as a working week."""
        if len(self.numbers) < MOST_SESSIONS:
            number = max(self.numbers, default=-1) + 1
            initial = {"weekdays": monday_to_friday()}
            self.numbers.append(number)
            self.forms.append(SessionForm(initial=initial, prefix=f"session-{number}"))

    def remove(self, number: int) -> None:
        kept = [(n, form) for n, form in self.rows if n != number]
        self.numbers, self.forms = [n for n, _ in kept], [form for _, form in kept]

    def unchecked(self) -> None:
        for form in self.forms:
            form.unchecked()

    def are_valid(self) -> bool:
        valid = [form.is_valid() for form in self.forms]  # each, so that each says its mistakes
        return bool(valid) and all(valid)


def _initial(session: Mapping[str, Any]) -> dict[str, Any]:
    """With nothing in what goes without saying."""
    late = session.get("late_after")
    times = {"starts_at": session["starts_at"], "ends_at": session.get("ends_at")}
    return {
        **session,
        **{name: text and time.fromisoformat(text) for name, text in times.items()},
        "late_after": time.fromisoformat(late) if late else None,
    }


class ScheduleView(RuleChangeView):
    """Add a schedule, or change the one of the address; whoever only reads is shown it."""

    title = _("Add a schedule")
    template_name = "attendance/schedule.html"
    capability = Capability.READ_ATTENDANCE
    back_name = _("Schedules")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_signed_in = isinstance(request.user, User)
        self.may_change = is_signed_in and request.user.may(Capability.MANAGE_ATTENDANCE)  # type: ignore[union-attr]
        is_only_looked_at = request.method in {"GET", "HEAD"} and "pk" in kwargs
        if is_signed_in and not (self.may_change or is_only_looked_at):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def back(self) -> str:
        return reverse(LIST)

    @cached_property
    def schedule(self) -> Schedule | None:
        return found_schedule(self.kwargs["pk"]) if "pk" in self.kwargs else None

    @property
    def is_policy(self) -> bool:
        return self.schedule is not None and self.schedule.policy_of is not None

    @cached_property
    def form(self) -> DayScheduleForm:
        schedule = self.schedule
        names = ("name", "closes_at", "day_begins", "valid_from", "valid_to")
        # A new one changes nothing that has been, unless somebody says so.
        new = {"valid_from": timezone.localdate()}
        initial = {name: getattr(schedule, name) for name in names} if schedule else new
        form = DayScheduleForm(
            self._asked,
            user=self.user,
            applies_to=schedule.applies_to if schedule else {},
            initial=initial,
        )
        if self.is_policy:  # its audience is fixed
            for name in (*(field.name for field, _ in form.groups), "people", "find"):
                form.fields.pop(name, None)
        return form

    @cached_property
    def sessions(self) -> SessionRows:
        return SessionRows(self._asked, self.schedule.sessions if self.schedule else [])

    @property
    def _asked(self) -> Any:
        return self.request.POST if self.request.method == "POST" else None

    def form_again(self, step: str) -> bool:
        word, _, number = step.partition(":")
        if word not in {"edit", "find", "add", "remove"}:
            return False
        self.form.unchecked()
        self.sessions.unchecked()
        if word == "add":
            self.sessions.add()
        if word == "remove" and number.isdecimal():
            self.sessions.remove(int(number))
        return True

    def draft(self) -> Draft | None:
        form, sessions = self.form, self.sessions
        if not sessions.forms:
            form.add_error(None, gettext("Say at least one session."))
        if not (form.is_valid() & sessions.are_valid()):
            return None
        names = ("name", "closes_at", "valid_from", "valid_to")
        data = {name: form.cleaned_data[name] or None for name in names}
        data["sessions"] = [row.row() for row in sessions.forms]
        if form.cleaned_data["day_begins"] is not None:
            data["day_begins"] = form.cleaned_data["day_begins"]
        else:
            data["day_begins"] = _fitting(sessions)
        if not self.is_policy:
            data["applies_to"] = form.applies_to()
        serializer = ScheduleSerializer(self.schedule, data=data, partial=self.is_policy)
        if not serializer.is_valid():
            self._show(serializer.errors)
            return None
        said = _without_applying(serializer.validated_data)
        return self._draft_of(said)

    def _draft_of(self, said: dict[str, Any]) -> Draft:
        known = self.schedule
        thought = Schedule(**{"applies_to": known.applies_to if known else {}, **said})
        key = known.pk if known else thought.pk

        def write(change: RulesChange) -> Schedule:
            row = found_schedule(known.pk) if known else Schedule(pk=key)
            written: Schedule = saved(row, said)
            return written

        scope = Scope(said.get("valid_from"), said.get("valid_to"))
        if known:
            scope |= Scope(known.valid_from, known.valid_to)
        return Draft(
            what=f"Schedule {said['name']} {'changed' if known else 'added'}",
            write=write,
            scope=scope,
            before=sentence_of(known) if known else "",
            after=sentence_of(thought),
            touched=followers_by(key),
        )

    def _show(self, errors: Mapping[str, Any]) -> None:
        of_rows = errors.get("sessions")
        if isinstance(of_rows, dict):  # by the number of the row
            for number, found in of_rows.items():
                add_errors(self.sessions.forms[number], found, {})
            errors = {name: found for name, found in errors.items() if name != "sessions"}
        add_errors(self.form, errors, {})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        schedule = self.schedule
        shown: dict[str, Any] = {
            "schedule": schedule,
            "may_change": self.may_change,
            "is_policy": self.is_policy,
        }
        if schedule:
            shown |= {
                "title": schedule.name,
                "sentence": sentence_of(schedule),
                "week": week_of_schedule(schedule),
                "may_remove": self.may_change and schedule.policy_of != EVERYBODY,
            }
        if self.may_change:
            shown |= {"form": self.form, "sessions": self.sessions}
        if draft := kwargs.get("draft"):
            thought = self._thought()
            shown |= {"draft": draft, "week": week_of_schedule(thought)}
        return super().get_context_data(**{**shown, **kwargs})

    def _thought(self) -> Schedule:
        """As the form, which is valid, says it: for the picture."""
        said = self.form.cleaned_data
        return Schedule(
            sessions=[
                {**row.row(), "late_after": row.row()["late_after"] or row.row()["starts_at"]}
                for row in self.sessions.forms
            ],
            day_begins=said["day_begins"] or _fitting(self.sessions),
            closes_at=said["closes_at"],
        )


def _fitting(sessions: SessionRows) -> time:
    said = (form.cleaned_data for form in sessions.forms)
    return fitting_day_begin([(one["name"], one["starts_at"], one["ends_at"]) for one in said])


def _without_applying(data: Any) -> dict[str, Any]:
    return {name: v for name, v in data.items() if name not in {"apply_to_closed", "reason"}}


def found_schedule(pk: Any) -> Schedule:
    """Raises Http404."""
    try:
        return Schedule.objects.get(pk=forms.UUIDField().clean(pk))
    except (Schedule.DoesNotExist, forms.ValidationError) as error:
        raise Http404 from error


class RemoveScheduleView(RuleChangeView):
    """What it would do to remove a schedule, and removing it."""

    title = _("Remove this schedule?")
    action = _("Remove this schedule")
    is_dangerous = True
    needs_form = False

    @cached_property
    def schedule(self) -> Schedule:
        return found_schedule(self.kwargs["pk"])

    @property
    def back(self) -> str:
        return reverse(LIST)

    back_name = _("Schedules")

    def draft(self) -> Draft:
        if self.schedule.policy_of == EVERYBODY:
            raise EverybodysPolicyStays
        schedule = self.schedule
        return Draft(
            what=f"Schedule {schedule.name} removed",
            write=lambda _: Schedule.objects.filter(pk=schedule.pk).delete(),
            scope=Scope(schedule.valid_from, schedule.valid_to),
            before=sentence_of(schedule),
        )


# --- the list -----------------------------------------------------------------------------------


class ScheduleAdmin(OfficeModelAdmin[Schedule]):
    """Each schedule as one sentence; the simple rules stand among them."""

    room = Room.ATTENDANCE
    place = 4
    change_list_template = "attendance/schedules.html"
    list_display = ("name", "sentence", "closes", "holds")
    list_display_links = ("name",)
    sortable_by = ()
    list_per_page = 50
    ordering = ("created_at", "schedule_id")

    def has_delete_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        is_own = obj is None or obj.policy_of != EVERYBODY
        return is_own and self.has_change_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """None: each is removed by itself, after a preview."""
        return {}

    @admin.display(description=_("What it means"))
    def sentence(self, schedule: Schedule) -> str:
        return sentence_of(schedule)

    @admin.display(description=_("Closes at"))
    def closes(self, schedule: Schedule) -> str:
        return f"{schedule.closes_at:%H:%M}" if schedule.closes_at else gettext("with the day")

    @admin.display(description=_("Holds"))
    def holds(self, schedule: Schedule) -> str:
        today = timezone.localdate()
        if schedule.valid_from and schedule.valid_from > today:
            return chip(_("To come"), Tone.INFO)
        if schedule.valid_to and schedule.valid_to < today:
            return chip(_("Past"), Tone.QUIET)
        return chip(_("Now"), Tone.GOOD)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return complete(ScheduleView.as_view()(request))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        schedule = found_schedule(object_id)
        is_full = "full" in request.GET or request.method == "POST"
        may_change = self.has_change_permission(request, schedule)
        if may_change and not is_full and is_simple(schedule):
            return redirect(address_of_policy(schedule))
        return complete(ScheduleView.as_view()(request, pk=object_id))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        return complete(RemoveScheduleView.as_view()(request, pk=object_id))


def address_of_policy(schedule: Schedule) -> str:
    query = urlencode({"class_level": schedule.policy_of}) if schedule.policy_of else ""
    return f"{reverse('admin:attendance_policy')}{'?' if query else ''}{query}"
