"""The registration office: Django's admin with our sign-in and the institution's name."""

import math
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from accounts.forms import OwnPasswordForm
from accounts.models import User
from accounts.services import LockedOut, WrongCredentials, sign_in
from trackxpert.client_address import client_address
from trackxpert.exceptions import DomainError


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
                username=username, password=password, address=client_address(self.request)
            )
        except LockedOut as error:
            self.locked_out = error
            raise ValidationError(error.message, code=error.code) from error
        except WrongCredentials as error:
            raise ValidationError(error.message, code=error.code) from error


M = TypeVar("M", bound=models.Model)


class OfficeModelAdmin(admin.ModelAdmin[M], Generic[M]):
    """A model in the office: nothing is deleted, and a refusal is a message, not a crash."""

    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:
            messages.error(request, error.message)
        except IntegrityError:
            messages.error(request, "Somebody else has just saved something that contradicts this.")
        return HttpResponseRedirect(request.get_full_path())


# The office's rooms, in the order of a day's work; what is in none of them has no door here.
ROOMS = {
    "People": ("students", "staff", "security"),
    "Cards": ("cards",),
    "Administration": ("accounts", "django_q"),
}


class RegistrationOffice(admin.AdminSite):
    site_title = "Registration office"
    index_title = "Registration office"
    login_form = SignInForm
    site_header = settings.INSTITUTION_NAME
    site_url = None
    enable_nav_sidebar = False

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """The models by room instead of by app; one app's own page stays as Django has it."""
        apps = {app["app_label"]: app for app in super().get_app_list(request, app_label)}
        if app_label is not None:
            return list(apps.values())
        rooms = (
            (name, [apps[label] for label in labels if label in apps])
            for name, labels in ROOMS.items()
        )
        return [_as_room(name, found) for name, found in rooms if found]

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The login page; while locked out it answers 429, as the API does."""
        response = super().login(request, extra_context)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if locked_out := getattr(form, "locked_out", None):
            response.status_code = 429
            response["Retry-After"] = str(math.ceil(locked_out.retry_after.total_seconds()))
        return response

    def password_change(  # type: ignore[override]  # the stubs forget the redirect
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Django's page, with our form: AdminSite has no attribute to name one."""
        return PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse("admin:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )(request)


def _as_room(name: str, apps: list[dict[str, Any]]) -> dict[str, Any]:
    models_of_all = [model for app in apps for model in app["models"]]
    return {**apps[0], "name": name, "models": models_of_all}
