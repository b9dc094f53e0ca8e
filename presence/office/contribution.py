"""What presence brings to the office."""

from accounts.roles import Capability
from office.registry import Contribution
from office.tasks import TaskFinder
from presence.office.on_site import OnSitePrintView, OnSiteView
from presence.office.roll_calls import RollCallPrintView, RollCallsView, RollCallView, under_way
from presence.office.streaks import StreaksView, absent_in_a_row

CONTRIBUTION = Contribution(
    views=(
        OnSiteView,
        OnSitePrintView,
        RollCallsView,
        RollCallView,
        RollCallPrintView,
        StreaksView,
    ),
    tasks=(
        TaskFinder(Capability.READ_ATTENDANCE, under_way),
        TaskFinder(Capability.CORRECT_ATTENDANCE, absent_in_a_row),
    ),
)
