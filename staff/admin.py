from django.contrib import admin

from people.admin import PersonAdmin
from people.office.standing import StandingFilter
from people.office.values import InUseByKindFilter
from staff.models import StaffMember


@admin.register(StaffMember)
class StaffMemberAdmin(PersonAdmin[StaffMember]):
    list_display = (
        "portrait",
        "full_name",
        "identifier",
        "department",
        "position",
        "standing",
    )
    list_filter = (("department", InUseByKindFilter), StandingFilter)
    summary = ("identifier", "position", "department")
    fieldsets = (
        (None, {"fields": ("identifier", ("first_name", "middle_name", "surname"), "card_name")}),
        (
            "Work",
            {"fields": (("department", "position"), "status", "is_active")},
        ),
        ("Contact", {"fields": (("phone_number", "email"),)}),
        ("Kitchen", {"fields": ("diet_note",)}),
        ("Terminals", {"fields": ("terminal_pin",)}),
        ("Dates", {"fields": (("enrolled_on", "left_on"), ("created_at", "updated_at"))}),
    )
