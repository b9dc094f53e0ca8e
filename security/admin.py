from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from people.admin import PersonAdmin
from security.models import SecurityPersonnel


@admin.register(SecurityPersonnel)
class SecurityPersonnelAdmin(PersonAdmin[SecurityPersonnel]):
    list_display = ("portrait", "full_name", "identifier", "badge_number", "standing")
    phone_columns = ("number", "standing")
    summary = ("identifier", "badge_number")
    fieldsets = (
        (None, {"fields": ("whole_name", "card_name", ("identifier", "badge_number"))}),
        (_("Work"), {"fields": ("hire_date", "is_active")}),
        (_("Contact"), {"fields": (("phone_number", "email"),)}),
        (_("Kitchen"), {"fields": ("diet_note",)}),
        (_("Terminals"), {"fields": ("terminal_pin",)}),
        (_("Dates"), {"fields": (("enrolled_on", "left_on"), ("created_at", "updated_at"))}),
    )
