"""Addresses below `/auth/admin/{admin_id}/`: one's own, or anybody's for an administrator."""

from typing import Any

from django.http import Http404
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import User
from accounts.permissions import IsSelf, MayAdminister
from core.strict import StrictView

OwnAddress: Any = IsSelf | MayAdminister


class InOwnName(StrictView):
    """Lets in whom the address names, and administrators; then the view's own permissions ask.

    What is done at another's address is done in the caller's name. An id that is nobody's is a
    404 for administrators; everybody else is told 403, whether it exists or not.
    """

    def get_permissions(self) -> list[BasePermission]:
        return [OwnAddress(), *super().get_permissions()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # A method that is not served here is a 405, before anything else.
        if request.method in self.allowed_methods and not self._names_somebody():
            raise Http404

    def _names_somebody(self) -> bool:
        named = self.kwargs["admin_id"]
        return named == self.request.user.pk or User.objects.filter(pk=named).exists()

    @property
    def caller(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user
