"""The page of the very first visit, which makes the first administrator; afterwards it is gone."""

from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from accounts.forms import FirstAdministratorForm
from accounts.services import LockedOut
from accounts.setup import SetUpAlready, WrongSetupCode, is_set_up, make_first_administrator
from core.client_address import client_network


@method_decorator(never_cache, name="dispatch")
class FirstAdministrator(FormView[FirstAdministratorForm]):
    form_class = FirstAdministratorForm
    template_name = "admin/setup.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_set_up():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: FirstAdministratorForm) -> HttpResponse:
        said = form.cleaned_data
        try:
            user = make_first_administrator(
                code=said["code"],
                username=said["username"],
                password=said["password1"],
                full_name=said["full_name"],
                email=said["email"],
                address=client_network(self.request),
            )
        except SetUpAlready as error:  # somebody was faster
            raise Http404 from error
        except WrongSetupCode as error:
            form.add_error("code", error.message)
            return self.form_invalid(form)
        except LockedOut as error:
            form.add_error(None, error.message)
            response = self.form_invalid(form)
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
            if error.retry_after is not None:
                response["Retry-After"] = f"{error.retry_after.total_seconds():.0f}"
            return response
        login(self.request, user)
        return redirect("admin:index")  # where the checklist is

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        frame = admin.site.each_context(self.request)
        return super().get_context_data(
            **{**frame, "title": _("The first administrator"), **kwargs}
        )
