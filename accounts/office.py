"""The registration office: Django's admin with our sign-in and the institution's name."""

import math
import re
from datetime import date
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import IntegrityError, models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from rest_framework.exceptions import ValidationError as Refused

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

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """A filter that holds a NUL leads back to the list, like any other bad one."""
        if any("\x00" in value for name, value in request.GET.items() if name != SEARCH_VAR):
            raise IncorrectLookupParameters
        return super().get_changelist_instance(request)

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
        except Refused as error:
            for message in _messages_of(error.detail):
                messages.error(request, message)
        except IntegrityError:
            messages.error(request, "Somebody else has just saved something that contradicts this.")
        return HttpResponseRedirect(request.get_full_path())


def _messages_of(detail: Any) -> list[str]:
    """The texts in the errors of a service, which name the API's fields."""
    if isinstance(detail, dict):
        detail = list(detail.values())
    if isinstance(detail, list):
        return [message for part in detail for message in _messages_of(part)]
    return [str(detail)]


class LookOnly:
    """A ledger: nothing is added, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LatestRows(Paginator[Any]):
    """The first 10,000 rows of a list that grows by thousands a day.

    Counting millions costs more than showing fifty, and nobody turns two hundred pages: a filter
    or the search finds what is older.
    """

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        found: int = rows.order_by().values("pk")[: self.MOST].count()
        return found


class DailyAdmin(OfficeModelAdmin[M], Generic[M]):
    """Rows of a day, by the thousand: neither counted nor sorted but by their index.

    The search takes days such as 2026-11-20 beside words; `about` says what words mean.
    """

    paginator = LatestRows
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    sortable_by = ()
    search_fields = ("date",)  # shows the search box; get_search_results does the search
    search_help_text = "Any part of a name or number; a day such as 2026-11-20; or both."

    def about(self, rows: QuerySet[M], words: str) -> QuerySet[M]:
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        words = []
        for word in search_term.split():
            if day := _day(word):
                queryset = queryset.filter(date=day)
            else:
                words.append(word)
        return self.about(queryset, " ".join(words)) if words else queryset, False


def _day(word: str) -> date | None:
    # Only so: `fromisoformat` takes 20261120 as well, which may be somebody's number.
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", word):
        return None
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


# The office's rooms, in the order of a day's work; what is in none of them has no door here.
ROOMS = {
    "People": ("students", "staff", "security"),
    "Cards": ("cards",),
    "Attendance": ("attendance",),
    "Kitchen": ("kitchen",),
    "Discipline": ("discipline",),
    "Notices": ("notifications",),
    "Readers": ("pos",),
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
