"""The office's sign-in form."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.services import LockedOut, WrongCredentials, sign_in
from core.client_address import client_network


class SignInForm(AdminAuthenticationForm):
    """Django's login form, answered by the same `sign_in` as the API."""

    locked_out: LockedOut | None = None

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        username, password = data.get("username"), data.get("password")
        if username and password:
            self.user_cache = self._user(username, password)
        return data

    def _user(self, username: str, password: str) -> User:
        assert self.request is not None
        try:
            return sign_in(
                username=username, password=password, address=client_network(self.request)
            )
        except LockedOut as error:
            self.locked_out = error
            raise ValidationError(error.message, code=error.code) from error
        except WrongCredentials as error:
            raise ValidationError(error.message, code=error.code) from error
