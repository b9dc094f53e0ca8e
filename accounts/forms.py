"""Forms of the registration office about administrators and their passwords."""

from typing import Any

from django.contrib.admin.forms import AdminPasswordChangeForm as OwnPasswordChangeForm
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    ReadOnlyPasswordHashField,
    ReadOnlyPasswordHashWidget,
    UserChangeForm,
    UserCreationForm,
)
from django.core.exceptions import ValidationError
from django.forms import BaseForm, CharField, TextInput
from django.utils.translation import gettext_lazy as _

from accounts.models import User, class_codes
from accounts.services import LockedOut, WrongCredentials, change_password, confirm_password


class PasswordButton(ReadOnlyPasswordHashWidget):
    """The way to a new password, without the digits of the hash that Django shows."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return {**super().get_context(name, value, attrs), "summary": []}


class ClassesInForm(BaseForm):
    """Class codes with commas between them, as the API takes a list of them."""

    def clean_classes(self) -> list[str]:
        return class_codes(self.cleaned_data["classes"])


class AdministratorForm(ClassesInForm, UserChangeForm[User]):
    password = ReadOnlyPasswordHashField(
        label=_("Password"),
        widget=PasswordButton,
        help_text=_("A new password ends all sessions and tokens."),
    )


class NewAdministratorForm(ClassesInForm, UserCreationForm[User]):
    """With a password, which nobody but its owner is to know for long."""


class FirstAdministratorForm(UserCreationForm[User]):
    """The first account of all, by whoever has the code that the server printed."""

    code = CharField(
        label=_("Code"), max_length=64, widget=TextInput(attrs={"autocomplete": "off"})
    )

    field_order = ("code", "username", "full_name", "email", "password1", "password2")

    class Meta:
        model = User
        fields = ("username", "full_name", "email")


class OwnPasswordForm(OwnPasswordChangeForm):
    """A new password for oneself; Django's own form writes the whole, possibly stale, row.

    `address`: whose guesses at the old password are counted.
    """

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        try:
            confirm_password(user=self.user, password=password, address=self.address)
        except LockedOut as error:
            raise ValidationError(error.message, code=error.code) from error
        except WrongCredentials as error:
            wrong = self.error_messages["password_incorrect"]
            raise ValidationError(wrong, code="password_incorrect") from error
        return password

    def save(self, commit: bool = True) -> User:
        return change_password(user=self.user, password=self.cleaned_data["new_password1"])


class NewPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]  # not so at run time
    """A new password for somebody. Without Django's choice to have none: nobody could sign in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)

    def save(self, commit: bool = True) -> User:
        return change_password(user=self.user, password=self.cleaned_data["password1"])
