from django.contrib import admin

from people.admin import PersonAdmin
from staff.models import StaffMember


@admin.register(StaffMember)
class StaffMemberAdmin(PersonAdmin[StaffMember]):
    list_display = (
        "portrait",
        "full_name",
        "staff_number",
        "department",
        "position",
        "employment_status",
        "is_active",
    )
    list_display_links = ("full_name",)
    list_filter = ("is_active", "employment_status", "department")
    fieldsets = (
        (
            None,
            {"fields": ("portrait", "staff_number", ("first_name", "middle_name", "surname"))},
        ),
        ("Work", {"fields": ("department", "position", "employment_status", "is_active")}),
        ("Contact", {"fields": (("phone_number", "email"),)}),
        ("Dates", {"fields": (("created_at", "updated_at"),)}),
    )
