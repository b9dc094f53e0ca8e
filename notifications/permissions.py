"""Who sees which notices: whoever is answerable for what they tell."""

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.models import User
from accounts.roles import Capability, Detail
from notifications.models import ATTENDANCE_KINDS, INCIDENT_KINDS, Notice

if TYPE_CHECKING:
    from rest_framework.views import APIView


def kinds_for(user: object) -> frozenset[Notice.Kind]:
    """The kinds of notices that this user, if it is one, may see."""
    return _kinds(user, Capability.READ_ATTENDANCE_NOTICES, Capability.READ_INCIDENT_NOTICES)


def kinds_retried_by(user: object) -> frozenset[Notice.Kind]:
    """Of those, the ones that they may try again: whoever manages what was told of."""
    return _kinds(user, Capability.MANAGE_ATTENDANCE, Capability.MANAGE_DISCIPLINE)


def _kinds(user: object, attendance: Capability, incidents: Capability) -> frozenset[Notice.Kind]:
    if not isinstance(user, User):
        return frozenset()
    of_days = ATTENDANCE_KINDS if user.may(attendance) else frozenset()
    return of_days | (INCIDENT_KINDS if user.may(incidents) else frozenset())


class SeesGuardians(BasePermission):
    """The table says so of the role; the view shows each the guardians of their own students."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return isinstance(request.user, User) and request.user.sees(Detail.GUARDIANS)


class NoticeAccess(BasePermission):
    """Whoever reads some kinds of notices, and retries some; the view shows each their own."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        is_read = request.method in SAFE_METHODS
        return bool(kinds_for(request.user) if is_read else kinds_retried_by(request.user))
