from django.contrib import admin
from django.utils.translation import gettext_lazy as _

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
    phone_columns = ("number", "department", "standing")
    phone_gives_way = "department"
    list_filter = (("department", InUseByKindFilter), StandingFilter)
    summary = ("identifier", "position", "department")
    fieldsets = (
        (None, {"fields": ("identifier", ("first_name", "middle_name", "surname"), "card_name")}),
        (
            _("Work"),
            {"fields": (("department", "position"), "status", "is_active")},
        ),
        (_("Contact"), {"fields": (("phone_number", "email"),)}),
        (_("Kitchen"), {"fields": ("diet_note",)}),
        (_("Terminals"), {"fields": ("terminal_pin",)}),
        (_("Dates"), {"fields": (("enrolled_on", "left_on"), ("created_at", "updated_at"))}),
    )
