from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string

from notifications.models import Channel, Guardian, News, all_news
from office.lists import OfficeModelAdmin
from people.admin import PersonAdmin
from people.office.standing import StandingFilter
from people.office.values import InUseFilter
from students.models import Student
from students.services import remove_guardian


@admin.register(Student)
class StudentAdmin(PersonAdmin[Student]):
    list_display = (
        "portrait",
        "full_name",
        "registration_number",
        "class_code",
        "department",
        "standing",
    )
    list_filter = (
        ("class_code", InUseFilter),
        ("department", InUseFilter),
        StandingFilter,
        "academic_status",
    )
    summary = ("registration_number", "class_code", "department")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "registration_number",
                    ("first_name", "middle_name", "surname"),
                    "date_of_birth",
                )
            },
        ),
        ("Studies", {"fields": (("class_level", "class_code"), ("program", "department"))}),
        ("Status", {"fields": (("student_status", "academic_status"), "is_active")}),
        ("Contact", {"fields": (("phone_number", "email"),)}),
        ("Dates", {"fields": (("created_at", "updated_at"),)}),
    )

    def panels(self, request: HttpRequest, person: Student) -> list[str]:
        return [*super().panels(request, person), *self._guardians(request, person)]

    def _guardians(self, request: HttpRequest, student: Student) -> list[str]:
        """Their numbers are private, as their own list is."""
        if not self.has_change_permission(request, student):
            return []
        context = {"student": student, "guardians": student.guardians.all()}
        return [render_to_string("students/guardians_panel.html", context, request)]


class GuardianForm(forms.ModelForm[Guardian]):
    channels = forms.MultipleChoiceField(
        choices=Channel.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="How they are told. Each needs its address; without any they are not told.",
    )
    news = forms.MultipleChoiceField(
        choices=News.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        initial=all_news,
        label="Tell them of",
    )


@admin.register(Guardian)
class GuardianAdmin(OfficeModelAdmin[Guardian]):
    """Their numbers are private: who may not change them, does not see them."""

    form = GuardianForm
    list_display = ("name", "relationship", "student", "phone", "email", "channels", "is_active")
    list_filter = ("is_active", "language")
    list_select_related = ("student",)
    list_per_page = 50
    search_fields = ("student",)  # shows the search box; get_search_results does the search
    search_help_text = "Any part of the student's name or number."
    autocomplete_fields = ("student",)
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("student", ("name", "relationship"), ("phone", "email"))}),
        ("Notices", {"fields": ("channels", "news", "language", "is_active")}),
        ("Dates", {"fields": (("created_at", "updated_at"),)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Guardian]:
        return super().get_queryset(request).order_by("name", "guardian_id")

    def get_readonly_fields(self, request: HttpRequest, obj: Guardian | None = None) -> Any:
        return (*self.readonly_fields, *(["student"] if obj else []))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Guardian], search_term: str
    ) -> tuple[QuerySet[Guardian], bool]:
        if not search_term:
            return queryset, False
        students = Student.objects.all().search(search_term.replace("\x00", ""))
        return queryset.filter(student__in=students.values("pk")), False

    def has_view_permission(self, request: HttpRequest, obj: Guardian | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Guardian | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: Guardian, form: forms.ModelForm[Guardian], change: bool
    ) -> None:
        obj.save(update_fields=[*form.changed_data, "updated_at"] if change else None)

    def delete_model(self, request: HttpRequest, obj: Guardian) -> None:
        remove_guardian(guardian=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Guardian]) -> None:
        for guardian in queryset:
            remove_guardian(guardian=guardian)
