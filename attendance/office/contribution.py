"""What attendance brings to the office."""

from accounts.roles import Capability
from attendance.office.closing import ClosePage
from attendance.office.correcting import CorrectPage
from attendance.office.day import DayView
from attendance.office.of_people import LatestDays
from attendance.office.person import PersonDay
from attendance.office.tasks import days_left_open
from office.registry import Contribution
from office.tasks import TaskFinder

CONTRIBUTION = Contribution(
    views=(DayView, ClosePage, CorrectPage, PersonDay),
    tasks=(TaskFinder(Capability.MANAGE_ATTENDANCE, days_left_open),),
    people_additions=(LatestDays(),),
)
