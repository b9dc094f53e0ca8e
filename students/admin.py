from django.contrib import admin

from people.admin import PersonAdmin
from students.models import Student


@admin.register(Student)
class StudentAdmin(PersonAdmin[Student]):
    list_display = (
        "portrait",
        "full_name",
        "registration_number",
        "class_code",
        "department",
        "student_status",
        "is_active",
    )
    list_display_links = ("full_name",)
    list_filter = ("is_active", "student_status", "academic_status", "class_level", "department")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "portrait",
                    "registration_number",
                    ("first_name", "middle_name", "surname"),
                    "date_of_birth",
                )
            },
        ),
        ("Studies", {"fields": ("department", "program", ("class_level", "class_code"))}),
        ("Contact", {"fields": (("phone_number", "email"),)}),
        ("Status", {"fields": (("student_status", "academic_status"), "is_active")}),
        ("Dates", {"fields": (("created_at", "updated_at"),)}),
    )
