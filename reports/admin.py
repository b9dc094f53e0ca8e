"""Schedules of reports in the registration office."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from core.locks import for_change
from office.chips import NOTHING, chip
from office.lists import OfficeModelAdmin
from office.moments import day_and_time
from office.rooms import Room
from office.tasks import Tone
from reports.forms import ScheduleForm, choices_of
from reports.models import ReportSchedule
from reports.services import change_schedule, make_schedule, readable_subjects


def _may(request: HttpRequest, capability: Capability, obj: ReportSchedule | None = None) -> bool:
    """With some schedule, or with this one, which is of a report that they may read."""
    user = request.user
    is_theirs = obj is None or obj.report in readable_subjects(user)
    return isinstance(user, User) and user.may(capability) and is_theirs


@admin.register(ReportSchedule)
class ReportScheduleAdmin(OfficeModelAdmin[ReportSchedule]):
    """Each role has its own: those of the reports that it may read."""

    room = Room.REPORTS
    place = 2
    form = ScheduleForm
    list_display = ("what", "to_whom", "is_on", "next_time", "last_time")
    list_filter = ("report", "period", "is_active")
    list_select_related = ("created_by",)
    actions = None
    fieldsets = (
        (None, {"fields": ("report", ("period", "group_by", "format"), "recipients")}),
        (_("Sending"), {"fields": ("is_active", "next_time", "last_time", "made_by")}),
    )
    add_fieldsets = (
        (None, {"fields": ("report", ("period", "group_by", "format"), "recipients")}),
    )
    readonly_fields = ("next_time", "last_time", "made_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReportSchedule]:
        schedules: QuerySet[ReportSchedule] = super().get_queryset(request)
        return schedules.filter(report__in=readable_subjects(request.user))

    def get_fieldsets(self, request: HttpRequest, obj: ReportSchedule | None = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.add_fieldsets

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Only reports that this person may read can be chosen."""
        form: Any = super().get_form(request, *args, **kwargs)
        if "report" in form.base_fields:  # only looked at, the page has no fields
            form.base_fields["report"].choices = choices_of(readable_subjects(request.user))
        return form

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: ReportSchedule | None = None) -> bool:
        return _may(request, Capability.READ_SCHEDULES, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _may(request, Capability.MANAGE_SCHEDULES)

    def has_change_permission(
        self, request: HttpRequest, obj: ReportSchedule | None = None
    ) -> bool:
        return _may(request, Capability.MANAGE_SCHEDULES, obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: ReportSchedule | None = None
    ) -> bool:
        """Nothing but an order: what it sent is not undone by it."""
        return self.has_change_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: Any, form: ModelForm[ReportSchedule], change: bool
    ) -> None:
        assert isinstance(request.user, User)
        if change:
            stored = for_change(ReportSchedule.objects.all()).get(pk=obj.pk)
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            change_schedule(schedule=stored, changes=changes)
            return
        obj.pk = make_schedule(by=request.user, **form.cleaned_data).pk

    @admin.display(description=_("Report"))
    def what(self, schedule: ReportSchedule) -> str:
        rhythm, group = schedule.get_period_display(), schedule.get_group_by_display()
        file = schedule.get_format_display()
        return gettext("{report}, {rhythm}, by {group}, {file}").format(
            report=schedule.get_report_display(),
            rhythm=rhythm.lower(),
            group=group.lower(),
            file=file,
        )

    @admin.display(description=pgettext_lazy("mail", "To"))
    def to_whom(self, schedule: ReportSchedule) -> str:
        first, *others = schedule.recipients
        if not others:
            return str(first)
        said = ngettext("{first} and {n} more", "{first} and {n} more", len(others))
        return said.format(first=first, n=len(others))

    @admin.display(description=_("State"))
    def is_on(self, schedule: ReportSchedule) -> str:
        if not schedule.is_active:
            return chip(pgettext("switch", "Off"), Tone.QUIET)
        if schedule.last_error:
            return chip(gettext("Not sent"), Tone.BAD)
        return chip(pgettext("switch", "On"), Tone.GOOD)

    @admin.display(description=_("Next"))
    def next_time(self, schedule: ReportSchedule) -> str:
        return day_and_time(schedule.next_send_at) if schedule.is_active else NOTHING

    @admin.display(description=_("Last sent"))
    def last_time(self, schedule: ReportSchedule) -> str:
        sent = day_and_time(schedule.last_sent_at) if schedule.last_sent_at else NOTHING
        if not schedule.last_error:
            return sent
        return format_html("{}<br>{}", sent, schedule.last_error_in_words)

    @admin.display(description=_("Made by"))
    def made_by(self, schedule: ReportSchedule) -> str:
        said = gettext("{user}: it is sent as long as they may read this report.")
        return said.format(user=schedule.created_by)
