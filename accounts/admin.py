from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.forms import ModelForm
from django.http import HttpRequest

from accounts.forms import AdministratorForm, NewPasswordForm
from accounts.models import User
from accounts.office import OfficeModelAdmin
from accounts.services import change_administrator


@admin.register(User)
class AdministratorAdmin(OfficeModelAdmin[User], UserAdmin[User]):
    form = AdministratorForm
    add_form = UserCreationForm
    change_password_form = NewPasswordForm
    list_display = ("username", "full_name", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("username", "full_name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "password_changed_at", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("full_name", "email")}),
        ("Work", {"fields": ("role", "is_active")}),
        (
            "Dates",
            {"fields": ("last_login", "password_changed_at", "created_at", "updated_at")},
        ),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "role", "full_name", "email")}),
        ("Password", {"classes": ("wide",), "fields": ("password1", "password2")}),
    )

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        changes: dict[str, Any] = {name: form.cleaned_data[name] for name in form.changed_data}
        change_administrator(user=obj, changes=changes)
