"""Pages of the office that are no list and no form of a model."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.mixins import AccessMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.views.generic.base import ContextMixin, View

from accounts.models import User
from accounts.roles import Capability

_addresses: list[URLPattern] = []


def add_addresses(*patterns: URLPattern) -> None:
    """Addresses under `/admin/`, for pages that belong to no model."""
    _addresses.extend(patterns)


def addresses() -> list[URLPattern]:
    return _addresses


class OfficePage(AccessMixin, ContextMixin, View):
    """Mix into a view: the office's frame and menu, for whoever holds `capability`.

    Without a capability any administrator may look. Whoever is not signed in is led to the login
    page and back.
    """

    capability: ClassVar[Capability | None] = None
    title: ClassVar[str]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return self.handle_no_permission()
        if self.capability and not request.user.may(self.capability):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        frame = admin.site.each_context(self.request)
        return super().get_context_data(**{**frame, "title": self.title, **kwargs})
