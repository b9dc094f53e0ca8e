"""Who sees which notices: whoever is answerable for what they tell."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import User
from accounts.roles import Capability
from notifications.models import ATTENDANCE_KINDS, INCIDENT_KINDS, Notice

if TYPE_CHECKING:
    from rest_framework.views import APIView


def kinds_for(user: object) -> frozenset[Notice.Kind]:
    """The kinds of notices that this user, if it is one, may see and try again."""
    if not isinstance(user, User):
        return frozenset()
    attendance = ATTENDANCE_KINDS if user.may(Capability.MANAGE_ATTENDANCE) else frozenset()
    incidents = INCIDENT_KINDS if user.may(Capability.MANAGE_DISCIPLINE) else frozenset()
    return attendance | incidents


class NoticeAccess(BasePermission):
    """Whoever manages attendance or discipline; the view shows each their own kinds."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return bool(kinds_for(request.user))
