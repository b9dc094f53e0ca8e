"""Forms of the registration office that deal with passwords."""

from typing import Any

from django.contrib.admin.forms import AdminPasswordChangeForm as OwnPasswordChangeForm
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    ReadOnlyPasswordHashField,
    ReadOnlyPasswordHashWidget,
    UserChangeForm,
)
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.services import LockedOut, WrongCredentials, change_password, confirm_password


class PasswordButton(ReadOnlyPasswordHashWidget):
    """The way to a new password, without the digits of the hash that Django shows."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return {**super().get_context(name, value, attrs), "summary": []}


class AdministratorForm(UserChangeForm[User]):
    password = ReadOnlyPasswordHashField(
        widget=PasswordButton, help_text="A new password ends all sessions and tokens."
    )


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
