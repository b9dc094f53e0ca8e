"""What attendance brings to the office."""

from accounts.roles import Capability
from attendance.office.calendar import YearView
from attendance.office.closing import CloseDayView, ClosingView, ReopenDayView, UndoChangeView
from attendance.office.correcting import CorrectDayView
from attendance.office.day import DayView
from attendance.office.imports import ImportAbsencesView, ImportHolidaysView
from attendance.office.my_class import MyClassToday, figures_today
from attendance.office.people_additions import LatestDays
from attendance.office.person import PersonDayView
from attendance.office.schedules import PolicyView
from attendance.office.steps import STEPS
from attendance.office.story import Days
from attendance.office.tasks import days_left_open
from office.registry import Contribution
from office.tasks import FigureFinder, TaskFinder

CONTRIBUTION = Contribution(
    views=(
        DayView,
        MyClassToday,
        CloseDayView,
        ReopenDayView,
        CorrectDayView,
        PersonDayView,
        ClosingView,
        UndoChangeView,
        PolicyView,
        YearView,
        ImportHolidaysView,
        ImportAbsencesView,
    ),
    tasks=(TaskFinder(Capability.MANAGE_ATTENDANCE, days_left_open),),
    figures=(FigureFinder(Capability.READ_ATTENDANCE, figures_today),),
    steps=STEPS,
    people_additions=(LatestDays(),),
    story_sources=(Days(),),
)
