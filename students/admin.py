from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from people.admin import PersonAdmin
from people.office.standing import StandingFilter
from people.office.values import InUseByKindFilter
from students.models import Student
from students.office import SELECTED


@admin.register(Student)
class StudentAdmin(PersonAdmin[Student]):
    list_display = (
        "portrait",
        "full_name",
        "identifier",
        "class_code",
        "department",
        "standing",
    )
    phone_columns = ("number", "class_code", "standing")
    phone_gives_way = "class_code"
    list_filter = (
        ("class_code", InUseByKindFilter),
        ("department", InUseByKindFilter),
        StandingFilter,
        "academic_status",
    )
    actions = ("change_many", *PersonAdmin.actions)
    summary = ("identifier", "class_code", "department")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "identifier",
                    ("first_name", "middle_name", "surname"),
                    "card_name",
                    "date_of_birth",
                )
            },
        ),
        (_("Studies"), {"fields": (("class_level", "class_code"), ("program", "department"))}),
        (_("Status"), {"fields": (("status", "academic_status"), "is_active")}),
        (_("Contact"), {"fields": (("phone_number", "email"),)}),
        (_("Kitchen"), {"fields": ("diet_note",)}),
        (_("Terminals"), {"fields": ("terminal_pin",)}),
        (_("Dates"), {"fields": (("enrolled_on", "left_on"), ("created_at", "updated_at"))}),
    )

    @admin.action(description=_("Change class, status and so on"), permissions=["change"])
    def change_many(self, request: HttpRequest, students: QuerySet[Any]) -> HttpResponse:
        """To the page that asks what, and shows it before it is done."""
        request.session[SELECTED] = [str(pk) for pk in students.values_list("pk", flat=True)]
        return redirect("admin:students_change_many")
