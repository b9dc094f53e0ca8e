"""Views of the office that are no list and no form of a model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.auth.mixins import AccessMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.views.generic.base import ContextMixin, TemplateResponseMixin, View

from accounts.models import User
from accounts.roles import Capability
from accounts.setup import is_set_up
from office.rooms import Room

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class OfficeView(AccessMixin, ContextMixin, View):
    """Mix into a view: the office's frame and menu, for whoever holds `capability`.

    Without a capability any administrator may look. Whoever is not signed in is led to the login
    page and back. What stands under `/admin/` says here where, and the app's `Contribution` brings
    it.
    """

    # Below `/admin/`, as `path` takes it, and its name there.
    route: ClassVar[str] = ""
    url_name: ClassVar[str] = ""
    title: ClassVar["StrOrPromise"]
    capability: ClassVar[Capability | None] = None
    # The room that has a door to it, which of the doors it is, and its words if not the title.
    room: ClassVar[Room | None] = None
    place: ClassVar[int] = 0
    door: ClassVar["StrOrPromise"] = ""

    @classmethod
    def urls(cls) -> Sequence[URLPattern]:
        return [path(cls.route, cls.as_view(), name=cls.url_name)]

    @classmethod
    def is_for(cls, user: User) -> bool:
        """Whether this user may look, and finds the door."""
        return cls.capability is None or user.may(cls.capability)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return self.handle_no_permission() if is_set_up() else redirect("setup")
        if not self.is_for(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        frame = admin.site.each_context(self.request)
        return super().get_context_data(**{**frame, "title": self.title, **kwargs})


class AskingView(TemplateResponseMixin, OfficeView):
    """Asks before it does `action`, and knows a way back."""

    action: ClassVar["StrOrPromise"] = ""
    is_dangerous: ClassVar[bool] = False

    @property
    def back(self) -> str:
        """Where it leads when all is done, or given up."""
        raise NotImplementedError

    @property
    def back_name(self) -> "StrOrPromise":
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = {
            "action": self.action,
            "is_dangerous": self.is_dangerous,
            "back": self.back,
            "back_name": self.back_name,
        }
        return super().get_context_data(**{**asked, **kwargs})


class ConfirmView(AskingView):
    """Asks `action` of one thing, and warns of what comes of it; subclasses do it by POST."""

    capability = Capability.ADMINISTER
    template_name = "admin/confirm.html"

    def warning(self) -> "StrOrPromise":
        raise NotImplementedError

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"warning": self.warning(), **kwargs})
