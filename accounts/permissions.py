"""Permission classes made from the role table; they compose with `&`, `|` and `~`."""

from typing import TYPE_CHECKING, ClassVar

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.models import User
from accounts.roles import Capability

if TYPE_CHECKING:  # DRF imports this module while it defines APIView
    from rest_framework.views import APIView


class Nobody(BasePermission):
    """The default: a view that forgets to name its permission answers no one."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return False


class IsReadOnly(BasePermission):
    def has_permission(self, request: Request, view: "APIView") -> bool:
        return request.method in SAFE_METHODS


class HoldsCapability(BasePermission):
    """The signed-in user's role holds `capability`; subclasses name it."""

    capability: ClassVar[Capability]

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return isinstance(request.user, User) and request.user.may(self.capability)


class MayReadPeople(HoldsCapability):
    capability = Capability.READ_PEOPLE


class MayReadHistory(HoldsCapability):
    capability = Capability.READ_HISTORY


class MayManagePeople(HoldsCapability):
    capability = Capability.MANAGE_PEOPLE


class MayExportPeople(HoldsCapability):
    capability = Capability.EXPORT_PEOPLE


class MayReadCards(HoldsCapability):
    capability = Capability.READ_CARDS


class MayReadCardLogs(HoldsCapability):
    capability = Capability.READ_CARD_LOGS


class MayManageCards(HoldsCapability):
    capability = Capability.MANAGE_CARDS


class MayAdminister(HoldsCapability):
    capability = Capability.ADMINISTER


class MayReadTaps(HoldsCapability):
    capability = Capability.READ_TAPS


class MayReadAttendance(HoldsCapability):
    capability = Capability.READ_ATTENDANCE


class MayCorrectAttendance(HoldsCapability):
    capability = Capability.CORRECT_ATTENDANCE


class MayManageAttendance(HoldsCapability):
    capability = Capability.MANAGE_ATTENDANCE


class MayReadMeals(HoldsCapability):
    capability = Capability.READ_MEALS


class MayManageMeals(HoldsCapability):
    capability = Capability.MANAGE_MEALS


class MayReadDiscipline(HoldsCapability):
    capability = Capability.READ_DISCIPLINE


class MayManageDiscipline(HoldsCapability):
    capability = Capability.MANAGE_DISCIPLINE


class MayReadSchedules(HoldsCapability):
    capability = Capability.READ_SCHEDULES


class MayManageSchedules(HoldsCapability):
    capability = Capability.MANAGE_SCHEDULES


class IsSelf(BasePermission):
    """The administrator that the address names is the caller."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return isinstance(request.user, User) and request.user.pk == view.kwargs.get("admin_id")


PeopleAccess = MayManagePeople | (IsReadOnly & MayReadPeople)
# What was done to many people at once says as much of them as an export.
ChangesAccess = MayManagePeople | (IsReadOnly & MayExportPeople)
CardAccess = MayManageCards | (IsReadOnly & MayReadCards)
DayAccess = MayCorrectAttendance | (IsReadOnly & MayReadAttendance)
AttendanceAccess = MayManageAttendance | (IsReadOnly & MayReadAttendance)
MealAccess = MayManageMeals | (IsReadOnly & MayReadMeals)
DisciplineAccess = MayManageDiscipline | (IsReadOnly & MayReadDiscipline)
ScheduleAccess = MayManageSchedules | (IsReadOnly & MayReadSchedules)
