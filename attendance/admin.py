"""Days of attendance, their rules and their closing in the registration office."""

from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.office import DAY_INPUT, DailyAdmin, LookOnly, OfficeModelAdmin
from attendance import services
from attendance.models import (
    EVERYBODY,
    Attendance,
    ClosedDay,
    ClosedRule,
    DayRecord,
    Holiday,
    Policy,
    StaffAttendance,
    Status,
)
from people.fields import clean_line
from security.models import SecurityPersonnel
from staff.models import StaffMember
from students.models import Student
from trackxpert.exceptions import DomainError
from trackxpert.weekdays import WeekdaysFormField

R = TypeVar("R", bound=DayRecord)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


class CorrectionForm(forms.ModelForm[Any]):
    """What a day really was, and why; without a status it is again as the taps say."""

    corrected_status = forms.ChoiceField(
        choices=[("", "— as the taps say —"), *Status.choices],
        required=False,
        help_text="Later taps do not change it back.",
    )
    correction_reason = forms.CharField(max_length=300, required=False, label="Reason")

    def clean_correction_reason(self) -> str:
        return clean_line(self.cleaned_data["correction_reason"])

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if not data.get("corrected_status"):
            data["correction_reason"] = ""
        elif "correction_reason" in data and not data["correction_reason"]:
            self.add_error("correction_reason", "Say why this day is corrected.")
        return data


class StatusFilter(admin.SimpleListFilter):
    """By name: Django would look through all days for the values that occur."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return list(Status.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() else queryset


class CorrectedFilter(admin.SimpleListFilter):
    title = "correction"
    parameter_name = "corrected"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("yes", "Corrected"), ("no", "As the taps say")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.exclude(corrected_status="")
        return queryset.filter(corrected_status="") if self.value() == "no" else queryset


class DayAdmin(DailyAdmin[R], Generic[R]):
    """Taps and the close of a day make these rows; here they are looked at and corrected."""

    form = CorrectionForm
    people: ClassVar[tuple[str, ...]]
    derived: ClassVar[tuple[str, ...]] = (
        "date",
        "status",
        "derived_status",
        "attendance_time",
        "left_at",
        "late_from",
        "rests_on",
        "corrected_by",
        "corrected_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: R | None = None) -> Any:
        return (*self.people, *self.derived)

    def get_fieldsets(self, request: HttpRequest, obj: R | None = None) -> Any:
        return (
            (None, {"fields": (*self.people, *self.derived[:7])}),
            (
                "Correction",
                {"fields": ("corrected_status", "correction_reason", *self.derived[7:])},
            ),
        )

    def save_model(
        self, request: HttpRequest, obj: R, form: forms.ModelForm[R], change: bool
    ) -> None:
        if form.changed_data:
            services.correct_day(
                record=obj,
                status=form.cleaned_data["corrected_status"],
                reason=form.cleaned_data["correction_reason"],
                by=_user(request),
            )

    @admin.display(description="Rests on")
    def rests_on(self, record: R) -> str:
        return {"tap": "taps", "close": "the close of the day"}.get(record.source, "a correction")


@admin.register(Attendance)
class AttendanceAdmin(DayAdmin[Attendance]):
    people = ("student", "registration_number", "class_level", "department")
    list_display = (
        "date",
        "full_name",
        "registration_number",
        "class_level",
        "status",
        "attendance_time",
        "left_at",
        "rests_on",
    )
    list_display_links = ("date", "full_name")
    list_filter = (
        "date",
        StatusFilter,
        CorrectedFilter,
        "student__class_level",
        "student__department",
    )
    list_select_related = ("student",)

    def about(self, rows: QuerySet[Attendance], words: str) -> QuerySet[Attendance]:
        return rows.filter(student__in=Student.objects.all().search(words).values("pk"))

    @admin.display(description="Name")
    def full_name(self, record: Attendance) -> str:
        return str(record.student.full_name)

    @admin.display(description="Registration number")
    def registration_number(self, record: Attendance) -> str:
        return record.student.registration_number

    @admin.display(description="Class level")
    def class_level(self, record: Attendance) -> str:
        return record.student.class_level

    @admin.display(description="Department")
    def department(self, record: Attendance) -> str:
        return record.student.department


@admin.register(StaffAttendance)
class StaffAttendanceAdmin(DayAdmin[StaffAttendance]):
    people = ("full_name", "identifier")
    list_display = (
        "date",
        "full_name",
        "identifier",
        "status",
        "attendance_time",
        "left_at",
        "rests_on",
    )
    list_display_links = ("date", "full_name")
    list_filter = ("date", StatusFilter, CorrectedFilter, "staff__department")
    list_select_related = ("staff", "security_personnel")

    def about(self, rows: QuerySet[StaffAttendance], words: str) -> QuerySet[StaffAttendance]:
        staff = StaffMember.objects.all().search(words)
        guards = SecurityPersonnel.objects.all().search(words)
        return rows.filter(
            Q(staff__in=staff.values("pk")) | Q(security_personnel__in=guards.values("pk"))
        )

    @admin.display(description="Name")
    def full_name(self, record: StaffAttendance) -> str:
        return record.person.full_name

    @admin.display(description="Number")
    def identifier(self, record: StaffAttendance) -> str:
        return record.person.identifier


class PolicyForm(forms.ModelForm[Policy]):
    working_days = WeekdaysFormField(
        required=False, help_text="On other days nobody is expected, and nobody is Absent."
    )

    class Meta:
        model = Policy
        fields = ("class_level", "late_after", "closes_at", "working_days")


@admin.register(Policy)
class PolicyAdmin(OfficeModelAdmin[Policy]):
    """Everybody's policy stays; a class level can be given one of its own, and lose it again."""

    form = PolicyForm
    list_display = ("__str__", "late_after", "closes_at", "working_days", "updated_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Policy | None = None) -> Any:
        return ("class_level",) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A class level's first policy begins as everybody's."""
        general = Policy.objects.get(class_level=EVERYBODY)
        names = ("late_after", "closes_at", "working_days")
        return {name: getattr(general, name) for name in names}

    def has_delete_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        is_own = obj is not None and obj.class_level != EVERYBODY
        return is_own and self.has_change_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: Policy, form: forms.ModelForm[Policy], change: bool
    ) -> None:
        names = form.changed_data if change else form.cleaned_data
        changes = {name: form.cleaned_data[name] for name in names if name != "class_level"}
        policy, _ = services.set_policy(class_level=obj.class_level, changes=changes)
        obj.pk = policy.pk

    def delete_model(self, request: HttpRequest, obj: Policy) -> None:
        services.remove_policy(policy=obj)


@admin.register(Holiday)
class HolidayAdmin(OfficeModelAdmin[Holiday]):
    list_display = ("date", "name")
    list_filter = ("date",)
    search_fields = ("name",)
    ordering = ("-date",)

    def has_delete_permission(self, request: HttpRequest, obj: Holiday | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: Holiday, form: forms.ModelForm[Holiday], change: bool
    ) -> None:
        obj.save(update_fields=form.changed_data if change else None)


class CloseForm(forms.ModelForm[ClosedDay]):
    date = forms.DateField(
        label="Day",
        initial=timezone.localdate,
        widget=DAY_INPUT,
        help_text="Whoever is expected on this day and has not been seen is Absent. A tap that "
        "comes in later repairs it, and a day can be closed again.",
    )

    class Meta:
        model = ClosedDay
        fields = ("date",)

    def clean_date(self) -> Any:
        day = self.cleaned_data["date"]
        try:
            services.check_day(day)
        except DomainError as error:
            raise forms.ValidationError(error.message, code=error.code) from error
        return day

    def validate_unique(self) -> None:
        """Closing a day again is no mistake."""


class RuleInline(admin.TabularInline[ClosedRule, ClosedDay]):
    """The rules by which the day was closed."""

    model = ClosedRule
    fields = ("class_level", "late_after", "is_expected")
    readonly_fields = fields
    ordering = ("class_level",)
    can_delete = False
    verbose_name_plural = "rules of this day; the one without a class level is everybody's"

    def has_add_permission(self, request: HttpRequest, obj: ClosedDay | None = None) -> bool:
        return False


@admin.register(ClosedDay)
class ClosedDayAdmin(LookOnly, OfficeModelAdmin[ClosedDay]):
    """To look at; adding one closes that day."""

    form = CloseForm
    fields = ("date", "closed_at", "closed_by")
    list_display = ("date", "closed_at", "closer")
    list_select_related = ("closed_by",)
    inlines = (RuleInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return OfficeModelAdmin.has_add_permission(self, request)

    def get_fields(self, request: HttpRequest, obj: ClosedDay | None = None) -> Any:
        return self.fields if obj else ("date",)

    def get_inlines(self, request: HttpRequest, obj: ClosedDay | None = None) -> Any:
        return self.inlines if obj else ()

    def save_model(
        self,
        request: HttpRequest,
        obj: ClosedDay,
        form: forms.ModelForm[ClosedDay],
        change: bool,
    ) -> None:
        closing = services.close_day(day=obj.date, by=_user(request))
        told = ", ".join(f"{kind}: {number}" for kind, number in closing.absent.items())
        messages.info(request, f"Absent on {closing.date}, written now: {told}.")

    @admin.display(description="Closed by")
    def closer(self, day: ClosedDay) -> str:
        return str(day.closed_by or "by itself")
