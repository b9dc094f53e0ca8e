"""Administrators in the registration office."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms import AdministratorForm, NewAdministratorForm, NewPasswordForm
from accounts.models import User
from accounts.services import (
    OwnSecondFactor,
    change_administrator,
    register_administrator,
    reset_second_factor_of,
)
from office.chips import chip
from office.lists import OfficeModelAdmin
from office.moments import ago
from office.rooms import Room
from office.tasks import Tone


@admin.register(User)
class AdministratorAdmin(OfficeModelAdmin[User], UserAdmin[User]):
    room = Room.ADMINISTRATION
    place = 1
    form = AdministratorForm
    add_form = NewAdministratorForm
    change_password_form = NewPasswordForm
    list_display = (
        "username",
        "full_name",
        "role_chip",
        "state",
        "two_steps",
        "last_login_ago",
        "password_age",
    )
    phone_columns = ("role_chip", "state")
    phone_gives_way = "role_chip"
    list_filter = ("role", "is_active")
    search_fields = ("username", "full_name", "email")
    search_help_text = _("Part of a name or e-mail address")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = (
        "last_login",
        "password_changed_at",
        "second_factor_since",
        "created_at",
        "updated_at",
    )
    actions = ("reset_two_steps",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("full_name", "email")}),
        (_("Work"), {"fields": ("role", "classes", "is_active")}),
        (
            _("Dates"),
            {
                "fields": (
                    ("last_login", "password_changed_at", "second_factor_since"),
                    ("created_at", "updated_at"),
                )
            },
        ),
    )
    add_fieldsets = (
        (
            None,
            {"classes": ("wide",), "fields": ("username", "role", "classes", "full_name", "email")},
        ),
        (_("Password"), {"classes": ("wide",), "fields": ("password1", "password2")}),
    )

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        data = form.cleaned_data
        if change:
            changes: dict[str, Any] = {name: data[name] for name in form.changed_data}
            change_administrator(user=obj, changes=changes)
            return
        names = ("username", "role", "classes", "full_name", "email")
        fields = {name: data[name] for name in names}
        obj.pk = register_administrator(password=data["password1"], **fields).pk

    @admin.display(description=_("Role"), ordering="role")
    def role_chip(self, user: User) -> str:
        return chip(user.get_role_display(), Tone.INFO if user.is_administrator else Tone.QUIET)

    @admin.display(description=_("State"), ordering="is_active")
    def state(self, user: User) -> str:
        return (
            chip(gettext("Active"), Tone.GOOD)
            if user.is_active
            else chip(gettext("Switched off"), Tone.QUIET)
        )

    @admin.display(description=_("Two steps"), ordering="second_factor_since")
    def two_steps(self, user: User) -> str:
        return (
            chip(gettext("On"), Tone.GOOD)
            if user.has_second_factor
            else chip(gettext("Off"), Tone.QUIET)
        )

    @admin.action(description=_("Switch two steps off (telephone lost)"), permissions=["change"])
    def reset_two_steps(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """For whoever has lost telephone and recovery codes; their history says who did it."""
        assert isinstance(request.user, User)
        for user in users.exclude(second_factor_since=None):
            try:
                reset_second_factor_of(user=user, by=request.user)
            except OwnSecondFactor as error:
                self.message_user(request, error.message, messages.ERROR)
            else:
                self.message_user(
                    request,
                    gettext("Two steps are off for {user}: the password is enough.").format(
                        user=user
                    ),
                )

    @admin.display(description=_("Last sign-in"), ordering="last_login")
    def last_login_ago(self, user: User) -> str:
        return ago(user.last_login, now=timezone.now()) if user.last_login else gettext("Never")

    @admin.display(description=_("Password set"), ordering="password_changed_at")
    def password_age(self, user: User) -> str:
        changed = user.password_changed_at
        return ago(changed, now=timezone.now()) if changed else gettext("Never")
