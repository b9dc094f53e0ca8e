from django.contrib import admin

from people.admin import PersonAdmin
from people.office.standing import StandingFilter
from people.office.values import InUseFilter
from staff.models import StaffMember


@admin.register(StaffMember)
class StaffMemberAdmin(PersonAdmin[StaffMember]):
    list_display = (
        "portrait",
        "full_name",
        "staff_number",
        "department",
        "position",
        "standing",
    )
    list_filter = (("department", InUseFilter), StandingFilter)
    summary = ("staff_number", "position", "department")
    fieldsets = (
        (None, {"fields": ("staff_number", ("first_name", "middle_name", "surname"))}),
        (
            "Work",
            {"fields": (("department", "position"), "employment_status", "is_active")},
        ),
        ("Contact", {"fields": (("phone_number", "email"),)}),
        ("Dates", {"fields": (("created_at", "updated_at"),)}),
    )
