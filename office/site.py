"""The registration office: Django's admin with our sign-in, rooms and home page."""

import math
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, reverse
from django.utils.translation import gettext_lazy as _

from accounts.forms import OwnPasswordForm
from accounts.models import User
from accounts.roles import Capability
from accounts.setup import is_set_up
from core.client_address import client_network
from office.checklist import checklist
from office.help import help_of
from office.registry import contributions
from office.rooms import rooms_of
from office.sign_in import SignInForm
from office.tasks import figures_for, tasks_of


class OwnPasswordChange(PasswordChangeView):
    form_class = OwnPasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "address": client_network(self.request)}


class DeclaredAutocomplete(AutocompleteJsonView):
    """What a form looks up as one types: of the fields that the form declares, and of no other."""

    def process_request(self, request: HttpRequest) -> Any:
        found = super().process_request(request)
        site: Any = self.admin_site
        model = apps.get_model(request.GET["app_label"], request.GET["model_name"])
        declared = (
            site.get_model_admin(model).get_autocomplete_fields(request)
            if site.is_registered(model)
            else ()
        )
        if request.GET["field_name"] not in declared:
            raise PermissionDenied
        return found


class RegistrationOffice(admin.AdminSite):
    site_title = _("Registration office")
    index_title = _("Today")
    login_form = SignInForm
    site_url = None
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own = [url for view in contributions().views for url in view.urls()]
        return [*own, *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        if isinstance(request.user, User):
            context["rooms"] = rooms_of(request, context["available_apps"])
            context["help_url"] = reverse("admin:help", args=[help_of(request.path)])
        return context

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        assert isinstance(request.user, User)
        shown: dict[str, Any] = {
            "tasks": tasks_of(request.user),
            "figures": figures_for(request.user),
        }
        if request.user.may(Capability.ADMINISTER):
            shown["checklist"] = checklist()
        return super().index(request, {**shown, **(extra_context or {})})

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The login page; while locked out it answers 429, as the API does.

        Where nobody has an account yet it leads to the page that makes the first.
        """
        if not is_set_up():
            return redirect("setup")
        response = super().login(request, extra_context)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if locked_out := getattr(form, "locked_out", None):
            response.status_code = 429
            response["Retry-After"] = str(math.ceil(locked_out.retry_after.total_seconds()))
        return response

    def autocomplete_view(  # type: ignore[override]  # the stubs say which kind of answer
        self, request: HttpRequest
    ) -> HttpResponseBase:
        return DeclaredAutocomplete.as_view(admin_site=self)(request)

    def password_change(  # type: ignore[override]  # the stubs forget the redirect
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Django's page, with our form: AdminSite has no attribute to name one."""
        return OwnPasswordChange.as_view(
            success_url=reverse("admin:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )(request)
