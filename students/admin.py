from django.contrib import admin

from people.admin import PersonAdmin
from people.office.standing import StandingFilter
from people.office.values import InUseByKindFilter
from students.models import Student


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
    list_filter = (
        ("class_code", InUseByKindFilter),
        ("department", InUseByKindFilter),
        StandingFilter,
        "academic_status",
    )
    summary = ("identifier", "class_code", "department")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "identifier",
                    ("first_name", "middle_name", "surname"),
                    "date_of_birth",
                )
            },
        ),
        ("Studies", {"fields": (("class_level", "class_code"), ("program", "department"))}),
        ("Status", {"fields": (("status", "academic_status"), "is_active")}),
        ("Contact", {"fields": (("phone_number", "email"),)}),
        ("Kitchen", {"fields": ("diet_note",)}),
        ("Terminals", {"fields": ("terminal_pin",)}),
        ("Dates", {"fields": (("enrolled_on", "left_on"), ("created_at", "updated_at"))}),
    )
