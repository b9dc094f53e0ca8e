"""What presence brings to the office."""

from accounts.roles import Capability
from office.registry import Contribution
from office.tasks import TaskFinder
from presence.office.on_site import OnSitePage, OnSitePrintView
from presence.office.roll_calls import (
    RollCallPrintView,
    RollCallsView,
    RollCallView,
    RollCallWorkerView,
    under_way,
)
from presence.office.streaks import StreaksPage, absent_in_a_row

CONTRIBUTION = Contribution(
    views=(
        OnSitePage,
        OnSitePrintView,
        RollCallsView,
        RollCallView,
        RollCallWorkerView,
        RollCallPrintView,
        StreaksPage,
    ),
    tasks=(
        TaskFinder(Capability.READ_ATTENDANCE, under_way),
        TaskFinder(Capability.CORRECT_ATTENDANCE, absent_in_a_row),
    ),
)
