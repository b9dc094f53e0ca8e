"""Guardians, and what they were told, in the registration office."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability, Detail
from core.constraints import refusal_in
from core.errors import DomainError
from core.history import Change
from notifications.channels import channels_on
from notifications.consents import agree_to_notices, withdraw_from_notices
from notifications.contacts import (
    confirm_contact,
    start_contact,
    stop_contact,
    take_over_stop,
)
from notifications.models import (
    Channel,
    Guardian,
    News,
    Notice,
    all_news,
    channels_reaching,
)
from notifications.permissions import kinds_for, kinds_retried_by
from notifications.sending import why_it_waits
from notifications.serializers import masked
from notifications.services import NotFailed, remove_guardian, retry_notice
from office.chips import NOTHING, chip
from office.columns import ColumnsByRole
from office.lists import DailyAdmin, LookOnly, NextStep
from office.moments import day_and_time
from office.rooms import Room
from office.tasks import Tone
from office.views import OfficeView
from people.fields import clean_phone
from people.looking import note_look
from people.models import Consent, Look, Person
from people.office.additions import PeopleAddition
from people.scope import seen_q
from students.models import Student
from students.office_rows import FoundByStudent, about_students

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# --- guardians --------------------------------------------------------------------------------


def may_know_guardians(request: HttpRequest) -> bool:
    """Their numbers are private: not every role sees them."""
    return isinstance(request.user, User) and request.user.sees(Detail.GUARDIANS)


def may_change_guardians(request: HttpRequest) -> bool:
    return may_know_guardians(request) and _user(request).may(Capability.MANAGE_PEOPLE)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


class GuardiansOfStudents(PeopleAddition):
    """Beside the form of a student."""

    def panel(self, request: HttpRequest, person: Person) -> str:
        if not isinstance(person, Student) or not may_know_guardians(request):
            return ""
        latest = latest_by_contact(person)
        context = {
            "student": person,
            "guardians": [
                (
                    each,
                    contact_chip(each),
                    next(iter(each.consents.all()), None),
                    [ContactLine.of(each, way, latest) for way in each.channels],
                )
                for each in person.guardians.prefetch_related("consents__recorded_by")
            ],
            "ways": Consent.How.choices,
            "may_add": may_change_guardians(request),
        }
        return render_to_string("notifications/guardians_panel.html", context, request)


def latest_by_contact(student: Student) -> dict[tuple[Any, str], Notice]:
    """The last notice to each guardian by each channel: whether it gets there."""
    notices = Notice.objects.filter(student=student.pk, guardian__isnull=False)
    last = notices.order_by("guardian_id", "channel", "-created_at").distinct(
        "guardian_id", "channel"
    )
    told = last.select_related("guardian")  # whose quiet hours say what waits
    return {(notice.guardian_id, notice.channel): notice for notice in told}


@dataclass(frozen=True, slots=True)
class ContactLine:
    """One way to a guardian: whether it is set up here, and what became of the last message."""

    channel: str
    name: str
    chip: str
    why: str
    may_try: bool

    @classmethod
    def of(cls, guardian: Guardian, channel: str, latest: Any) -> Self:
        name = str(Channel(channel).label)
        is_on = channel in channels_on()
        may_try = is_on and bool(guardian.address(channel)) and not guardian.stopped
        notice = latest.get((guardian.pk, channel))
        if not is_on:
            return cls(
                channel,
                name,
                chip(gettext("{way} is not set up").format(way=name), Tone.WARN),
                "",
                may_try,
            )
        if notice is None:
            return cls(channel, name, chip(gettext("Nothing sent yet"), Tone.QUIET), "", may_try)
        waits = why_it_waits(notice, at=timezone.now())
        why = " ".join(filter(None, (notice.reason_in_words, waits)))
        said = gettext("Last: {state} {time}").format(
            state=notice.get_state_display().lower(), time=day_and_time(notice.created_at)
        )
        return cls(channel, name, chip(said, TONES[Notice.State(notice.state)]), why, may_try)


def contact_chip(guardian: Guardian) -> str:
    """Whether they are told at all."""
    if guardian.stopped_at:
        said = gettext("Stopped {time}").format(time=day_and_time(guardian.stopped_at))
        return chip(said, Tone.BAD)
    if not guardian.is_active:
        return chip(gettext("Switched off"), Tone.QUIET)
    if not guardian.channels:
        return chip(gettext("Is told nothing: no channel is ticked"), Tone.WARN)
    if not guardian.news:
        return chip(gettext("Is told nothing: no news is ticked"), Tone.WARN)
    if guardian.confirmed:
        return chip(gettext("Confirmed"), Tone.GOOD)
    return chip(gettext("Not confirmed"), Tone.INFO)


class SayOfContact(OfficeView):
    """A button beside a guardian: confirmed, stopped, to be told again; agreed, or withdrawn."""

    route = "notifications/guardian/<uuid:pk>/contact/"
    url_name = "notifications_say_of_contact"
    title = _("Contact")

    def post(self, request: HttpRequest, pk: UUID, **kwargs: Any) -> HttpResponse:
        if not may_change_guardians(request):
            raise PermissionDenied
        theirs = Guardian.objects.filter(seen_q(request.user, "student__"))
        guardian = get_object_or_404(theirs, pk=pk)
        try:
            with transaction.atomic():
                self._do(guardian)
        except (DomainError, IntegrityError) as error:
            refusal = refusal_in(error)
            if refusal is None:
                raise
            for message in refusal.messages:
                messages.error(request, message)
        return redirect("admin:students_student_change", guardian.student_id)

    def _do(self, guardian: Guardian) -> None:
        say, how = self.request.POST.get("say", ""), self.request.POST.get("how", "")
        if say == "agree" and how in Consent.How.values:
            agree_to_notices(guardian=guardian, how=how, by=self.user)
        elif say == "withdraw":
            withdraw_from_notices(guardian=guardian, by=self.user)
        elif say in SAID:
            SAID[say](guardian=guardian)
        else:
            raise BadRequest


WAYS = {Channel.EMAIL.value: _("email"), Channel.SMS.value: _("sms")}
SAID = {"confirm": confirm_contact, "stop": stop_contact, "start": start_contact}


class GuardianForm(forms.ModelForm[Guardian]):
    channels = forms.MultipleChoiceField(
        label=_("Channels"),
        choices=Channel.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        initial=lambda: list(Channel.values),
        help_text=_(
            "How they are told. For somebody new both are ticked, and each counts whose address "
            "is given. Without any they are told nothing."
        ),
    )
    news = forms.MultipleChoiceField(
        choices=News.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        initial=all_news,
        label=_("Tell them of"),
    )

    def clean_phone(self) -> str:
        """As it is kept: by its country's plan a landline is known."""
        return clean_phone(self.cleaned_data["phone"])

    def clean(self) -> dict[str, Any]:
        """What is ticked from the start means each channel that has an address."""
        cleaned = super().clean() or {}
        is_new = self.instance.created_at is None
        if is_new and {*cleaned.get("channels", ())} == {*Channel.values} and not self.errors:
            addresses = {name: cleaned[name] for name in ("phone", "email")}
            cleaned["channels"] = channels_reaching(**addresses)
        return cleaned


@admin.register(Guardian)
class GuardianAdmin(FoundByStudent[Guardian]):
    room = Room.PEOPLE
    place = 1
    file_needs = Capability.EXPORT_PEOPLE
    form = GuardianForm
    list_display = ("name", "relationship", "student", "phone", "email", "ways", "contact")
    phone_columns = ("student", "contact")
    phone_gives_way = "student"
    list_filter = ("is_active", "language")
    list_select_related = ("student",)
    list_per_page = 50
    autocomplete_fields = ("student",)
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("student", ("name", "relationship"), ("phone", "email"))}),
        (_("Notices"), {"fields": ("channels", "news", "language", "quiet_hours", "is_active")}),
        (_("Dates"), {"fields": (("created_at", "updated_at"),)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Guardian]:
        theirs = super().get_queryset(request).filter(seen_q(request.user, "student__"))
        return theirs.order_by("name", "guardian_id")

    def get_readonly_fields(self, request: HttpRequest, obj: Guardian | None = None) -> Any:
        return (*self.readonly_fields, *(["student"] if obj else []))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_know_guardians(request)

    def has_view_permission(self, request: HttpRequest, obj: Guardian | None = None) -> bool:
        return may_know_guardians(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_change_guardians(request)

    def has_change_permission(self, request: HttpRequest, obj: Guardian | None = None) -> bool:
        return may_change_guardians(request)

    def has_delete_permission(self, request: HttpRequest, obj: Guardian | None = None) -> bool:
        return may_change_guardians(request)

    def save_model(
        self, request: HttpRequest, obj: Guardian, form: forms.ModelForm[Guardian], change: bool
    ) -> None:
        changed = form.changed_data if change else ("phone", "email")
        besides = take_over_stop(obj, changed=changed)
        obj.save(update_fields=[*changed, *besides, "updated_at"] if change else None)

    @admin.display(description=_("Channels"), ordering="channels")
    def ways(self, guardian: Guardian) -> str:
        """In the words of the list that an import takes."""
        return ", ".join(str(WAYS[channel]) for channel in guardian.channels)

    @admin.display(description=_("Contact"))
    def contact(self, guardian: Guardian) -> str:
        return contact_chip(guardian)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if guardian := kwargs["obj"]:
            note_look(request, Look.What.GUARDIANS, guardian.student_id)
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def changes_told(self, request: HttpRequest, obj: Guardian) -> list[Change]:
        note_look(request, Look.What.GUARDIANS, obj.student_id)
        return super().changes_told(request, obj)

    def delete_model(self, request: HttpRequest, obj: Guardian) -> None:
        remove_guardian(guardian=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Guardian]) -> None:
        for guardian in queryset:
            remove_guardian(guardian=guardian)


# --- notices ----------------------------------------------------------------------------------

TONES = {
    Notice.State.PENDING: Tone.INFO,
    Notice.State.SENDING: Tone.INFO,
    Notice.State.SENT: Tone.GOOD,
    Notice.State.FAILED: Tone.BAD,
    Notice.State.CANCELLED: Tone.QUIET,
}


def state_chip(notice: Notice) -> str:
    return chip(notice.get_state_display(), TONES[Notice.State(notice.state)])


class ChoiceFilter(admin.SimpleListFilter):
    """By name: Django would look through all notices for the values that occur."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = {str(self.parameter_name): self.value()}
        return queryset.filter(**chosen) if self.value() else queryset


class NoticeStateFilter(ChoiceFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> "list[tuple[Any, StrOrPromise]]":
        return list(Notice.State.choices)


class KindFilter(ChoiceFilter):
    title = _("about")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> "list[tuple[Any, StrOrPromise]]":
        kinds = kinds_for(request.user)
        return [choice for choice in Notice.Kind.choices if choice[0] in kinds]


class SendAgain(OfficeView):
    """For whoever manages what the notice told of."""

    route = "notifications/notice/<uuid:notice_id>/send-again/"
    url_name = "notifications_send_again"
    title = _("Send again")

    def post(self, request: HttpRequest, notice_id: UUID, **kwargs: Any) -> HttpResponse:
        kinds = kinds_retried_by(self.user)
        if not kinds:
            raise PermissionDenied
        with transaction.atomic():
            notices = Notice.objects.filter(kind__in=kinds).select_for_update(no_key=True)
            notice = get_object_or_404(notices, pk=notice_id)
            try:
                retry_notice(notice=notice)
            except NotFailed as error:
                messages.error(request, error.message)
            else:
                messages.success(request, gettext("It will be sent again within a minute."))
        return redirect("admin:notifications_notice_change", notice_id)


@admin.register(Notice)
class NoticeAdmin(LookOnly, ColumnsByRole[Notice], DailyAdmin[Notice]):
    room = Room.NOTICES
    place = 1
    list_display = ("about_what", "to_whom", "way", "chip", "tries", "why", "made", "sent")
    list_filter = (NoticeStateFilter, KindFilter, "channel", "date")
    list_select_related = ("student", "guardian")
    actions = ("retry",)
    fields = ("state",)  # the page says it in words
    change_form_template = "admin/notifications/notice/change_form.html"
    search_help_text = _("Part of the student's name or number; a day such as 2026-11-20; or both")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        notices: QuerySet[Notice] = super().get_queryset(request)
        return notices.filter(kind__in=kinds_for(request.user))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Notice | None = None) -> bool:
        return bool(kinds_for(request.user))

    def next_steps(self, request: HttpRequest) -> list[NextStep]:
        """Whoever is told of something is a guardian first."""
        if not may_change_guardians(request):
            return []
        url = reverse("admin:notifications_guardian_changelist")
        return [NextStep(gettext("Guardians"), url)]

    def about(self, rows: QuerySet[Notice], words: str, *, seen_by: User) -> QuerySet[Notice]:
        return about_students(rows, words)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        notice: Notice = kwargs["obj"]
        more = {
            "notice": notice,
            "state": self.chip(notice),
            "sent_to": masked(notice.recipient),
            "waits": why_it_waits(notice, at=timezone.now()),
            "student_url": reverse("admin:students_student_change", args=[notice.student_id]),
            "sees_guardians": may_know_guardians(request),
            "can_send_again": notice.state == Notice.State.FAILED
            and notice.kind in kinds_retried_by(request.user),
        }
        response: HttpResponse = super().render_change_form(
            request, {**context, **more}, *args, **kwargs
        )
        return response

    @admin.display(description=_("About"))
    def about_what(self, notice: Notice) -> str:
        day = date_format(notice.date, "D j M Y")
        text = "{}: {}, <span class='nowrap'>{}</span>"
        return format_html(text, notice.student.full_name, notice.get_kind_display(), day)

    @admin.display(description=_("To whom"))
    def to_whom(self, notice: Notice) -> str:
        return notice.guardian.name if notice.guardian else NOTHING

    @admin.display(description=pgettext_lazy("notice", "By"))
    def way(self, notice: Notice) -> str:
        return notice.get_channel_display()

    @admin.display(description=_("State"))
    def chip(self, notice: Notice) -> str:
        return state_chip(notice)

    @admin.display(description=_("Tries"))
    def tries(self, notice: Notice) -> int:
        return notice.attempts

    @admin.display(description=_("Why not, or why not yet"))
    def why(self, notice: Notice) -> str:
        """What went wrong before, and what it waits for now."""
        waits = why_it_waits(notice, at=timezone.now())
        return " ".join(filter(None, (notice.reason_in_words, waits))) or NOTHING

    @admin.display(description=_("Made"))
    def made(self, notice: Notice) -> str:
        return day_and_time(notice.created_at)

    @admin.display(description=_("Sent"))
    def sent(self, notice: Notice) -> str:
        return day_and_time(notice.sent_at) if notice.sent_at else NOTHING

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return bool(kinds_retried_by(request.user))

    @admin.action(description=_("Send again what failed"), permissions=["retry"])
    @transaction.atomic
    def retry(self, request: HttpRequest, notices: QuerySet[Notice]) -> None:
        tried = 0
        # In the order of whoever writes notices: else the two could wait for each other.
        theirs = notices.filter(kind__in=kinds_retried_by(request.user))
        held = theirs.select_related(None).order_by("notice_id").select_for_update(no_key=True)
        for notice in held:
            try:
                retry_notice(notice=notice)
            except NotFailed:
                continue
            tried += 1
        if tried:
            said = ngettext("{n} will be sent again.", "{n} will be sent again.", tried)
            messages.success(request, said.format(n=tried))
        else:
            said = gettext("None of these has failed, so none is sent again.")
            messages.warning(request, said)
