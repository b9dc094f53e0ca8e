"""The office's sign-in form, in one step or two."""

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import (
    LockedOut,
    OtpInvalid,
    OtpRequired,
    WrongCredentials,
    confirm_otp,
    sign_in,
)
from core.client_address import client_network

SALT = "office.sign_in"
# How long somebody may look for their telephone, in seconds.
PATIENCE = 300
TOO_LATE = _("That took too long. Give your password again.")


class SignInForm(AdminAuthenticationForm):
    """Django's login form, answered by the same `sign_in` as the API.

    Of somebody with two steps it asks for the code on a second page. `passed` proves there that
    the password was right: signed, for this user under this password, for some minutes. By itself
    it opens nothing.
    """

    passed = forms.CharField(required=False, widget=forms.HiddenInput)
    otp = forms.CharField(
        required=False,
        max_length=64,
        label=_("Code of your telephone, or a recovery code"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )
    locked_out: LockedOut | None = None
    is_second_step = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.data.get("passed"):
            for name in ("username", "password"):
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("passed"):
            self.user_cache = self._answered(self._second_step, data["passed"], data.get("otp", ""))
        elif data.get("username") and data.get("password"):
            self.user_cache = self._answered(self._first_step, data["username"], data["password"])
        return data

    def _answered(self, step: Any, *given: str) -> User:
        """What the step returns; a refusal is told over the form."""
        try:
            user: User = step(*given)
        except LockedOut as error:
            self.locked_out = error
            raise ValidationError(error.message, code=error.code) from error
        except (WrongCredentials, OtpRequired, OtpInvalid) as error:
            raise ValidationError(error.message, code=error.code) from error
        return user

    def _first_step(self, username: str, password: str) -> User:
        try:
            return sign_in(username=username, password=password, address=self._address)
        except OtpRequired:
            user = User.objects.get_by_natural_key(username)
            self._ask_for_code(
                signing.dumps([str(user.pk), user.get_session_auth_hash()], salt=SALT)
            )
            raise

    def _second_step(self, passed: str, otp: str) -> User:
        try:
            pk, password = signing.loads(passed, salt=SALT, max_age=PATIENCE)
        except signing.BadSignature as error:
            raise ValidationError(TOO_LATE, code="too_late") from error
        user = User.objects.filter(pk=pk, is_active=True).first()
        if user is None or not user.has_second_factor or user.get_session_auth_hash() != password:
            raise ValidationError(TOO_LATE, code="too_late")
        self._ask_for_code(passed)
        confirm_otp(user=user, otp=otp, address=self._address)
        return user

    def _ask_for_code(self, passed: str) -> None:
        """The form that is shown next is that of the second step."""
        self.is_second_step = True
        self.data = {**self.data, "passed": passed, "otp": ""}

    @property
    def _address(self) -> str:
        assert self.request is not None
        return client_network(self.request)
