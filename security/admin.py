from django.contrib import admin

from people.admin import PersonAdmin
from security.models import SecurityPersonnel


@admin.register(SecurityPersonnel)
class SecurityPersonnelAdmin(PersonAdmin[SecurityPersonnel]):
    list_display = ("portrait", "full_name", "identifier", "badge_number", "standing")
    summary = ("identifier", "badge_number")
    fieldsets = (
        (None, {"fields": ("whole_name", "card_name", ("identifier", "badge_number"))}),
        ("Work", {"fields": ("hire_date", "is_active")}),
        ("Contact", {"fields": (("phone_number", "email"),)}),
        ("Kitchen", {"fields": ("diet_note",)}),
        ("Terminals", {"fields": ("terminal_pin",)}),
        ("Dates", {"fields": (("enrolled_on", "left_on"), ("created_at", "updated_at"))}),
    )
