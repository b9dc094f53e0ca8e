"""What is counted: the three reports, and the three ways to group each of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Aggregate, Count, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability
from attendance.models import Attendance, NoCardDay, Status
from discipline.models import Category, Incident
from kitchen.models import KitchenService
from people.kinds import DayList
from students.kind import STUDENT

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Subject(models.TextChoices):
    ATTENDANCE = "attendance", _("Attendance")
    DISCIPLINE = "discipline", _("Discipline")
    KITCHEN = "kitchen", _("Kitchen")


class GroupBy(models.TextChoices):
    CLASS = "class", _("Class")
    DEPARTMENT = "department", _("Department")
    STUDENT = "student", _("Student")


BY_GROUP = {
    GroupBy.CLASS: _("by class"),
    GroupBy.DEPARTMENT: _("by department"),
    GroupBy.STUDENT: _("by student"),
}


@dataclass(frozen=True)
class ReportFigure:
    """A number of each group; those of all groups add up to the total."""

    key: str
    heading: "StrOrPromise"
    count: Any
    """An aggregate over the report's records."""
    is_detail: bool = False
    """Not in the headline."""
    is_on_paper: bool = True


@dataclass(frozen=True)
class Aside:
    """A number of each group that is counted from other records, with the same groups and days."""

    key: str
    heading: "StrOrPromise"
    records: Callable[[], QuerySet[Any, Any]]


@dataclass(frozen=True)
class Rate:
    """A part of another figure, in percent."""

    key: str
    heading: "StrOrPromise"
    name: "StrOrPromise"
    of: tuple[str, ...]
    among: str

    def value(self, figures: dict[str, Any]) -> float | None:
        whole = figures[self.among]
        return round(100 * sum(figures[key] for key in self.of) / whole, 2) if whole else None


@dataclass(frozen=True)
class ChartLayer:
    """What lies in the chart's bars: a figure, or what another leaves of it."""

    heading: "StrOrPromise"
    figure: str
    less: str = ""

    def value(self, figures: dict[str, Any]) -> int:
        height: int = figures[self.figure] - (figures[self.less] if self.less else 0)
        return height


@dataclass(frozen=True)
class Breakdown:
    """The same records once more, by what they are: a column for each value that occurs."""

    key: str
    field: str
    place: Any
    """An aggregate; the values come in its order."""
    label: "Callable[[Any], StrOrPromise]"


@dataclass(frozen=True)
class ReportKind:
    subject: Subject
    title: "StrOrPromise"
    capability: Capability
    """The right to read such a report."""
    records: Callable[[], QuerySet[Any, Any]]
    student: str
    """The field of a record that says whose it is."""
    day: str
    figures: tuple[ReportFigure, ...]
    layers: tuple[ChartLayer, ...]
    """Of the chart's bars, from below."""
    chart_titles: "tuple[StrOrPromise, StrOrPromise]"
    """Where bars are days, and where they are weeks."""
    note: "StrOrPromise"
    """How to read the figures."""
    marked: Callable[[Any], QuerySet[Any, Any]] = lambda records: records
    """With what the figures ask of each record besides its columns."""
    rates: tuple[Rate, ...] = ()
    breakdown: Breakdown | None = None
    asides: tuple[Aside, ...] = ()
    keeps_groups: bool = False
    """A record says itself of which class and department the student was then."""

    @property
    def students(self) -> ReportFigure:
        """About how many the records are."""
        return ReportFigure(
            STUDENT.plural_key, str(STUDENT.title), Count(self.student, distinct=True)
        )


def _those(**conditions: Any) -> Aggregate:
    return Count("pk", filter=Q(**conditions))


EXPECTED = Q(is_counted=True) & ~Q(status=Status.EXCUSED)
ATTENDED = EXPECTED & Q(status__in=[Status.PRESENT, Status.LATE])


ATTENDANCE = ReportKind(
    subject=Subject.ATTENDANCE,
    title=_("Attendance report"),
    capability=Capability.READ_ATTENDANCE,
    records=lambda: Attendance.objects.in_list(DayList.STUDENTS),
    student="person",
    day="date",
    figures=(
        ReportFigure(
            "recorded", _("Days recorded"), Count("pk"), is_detail=True, is_on_paper=False
        ),
        ReportFigure("expected", _("Days expected"), Count("pk", filter=EXPECTED), is_detail=True),
        ReportFigure(
            "attended",
            _("Days attended"),
            Count("pk", filter=ATTENDED),
            is_detail=True,
            is_on_paper=False,
        ),
        ReportFigure("present", _("Present"), _those(status=Status.PRESENT)),
        ReportFigure("late", _("Late"), _those(status=Status.LATE)),
        ReportFigure("absent", _("Absent"), _those(status=Status.ABSENT)),
        ReportFigure("excused", _("Excused"), _those(status=Status.EXCUSED)),
        ReportFigure(
            "minutes_late", _("Minutes late"), Coalesce(Sum("minutes_late"), 0), is_detail=True
        ),
    ),
    layers=(
        ChartLayer(_("Present"), "present"),
        ChartLayer(_("Late"), "late"),
        ChartLayer(_("Absent"), "absent"),
        ChartLayer(_("Excused"), "excused"),
    ),
    chart_titles=(_("Students by day"), _("Days of students by week")),
    note=_(
        "Attendance rate: days attended, of the days on which the student was expected and not "
        "excused; holidays and weekends count in neither. A day is recorded when a student was "
        "seen, or when it was closed. No card: closed days on which the student could not have "
        "tapped."
    ),
    rates=(Rate("attendance_rate", _("Rate %"), _("Attendance rate"), ("attended",), "expected"),),
    asides=(
        Aside(
            "no_card",
            _("No card"),
            lambda: NoCardDay.objects.in_list(DayList.STUDENTS).standing(),
        ),
    ),
    keeps_groups=True,
)

DISCIPLINE = ReportKind(
    subject=Subject.DISCIPLINE,
    title=_("Discipline report"),
    capability=Capability.READ_DISCIPLINE,
    records=Incident.objects.all,
    student="student",
    day="date_of_incident",
    figures=(
        ReportFigure("incidents", _("Incidents"), Count("pk")),
        ReportFigure("voided", _("Voided"), _those(voided_at__isnull=False)),
        ReportFigure(
            "points_deducted",
            _("Points deducted"),
            Coalesce(Sum("points_deducted", filter=Q(voided_at__isnull=True)), 0),
        ),
    ),
    layers=(
        ChartLayer(_("Standing"), "incidents", less="voided"),
        ChartLayer(_("Voided"), "voided"),
    ),
    chart_titles=(_("Incidents by day"), _("Incidents by week")),
    note=_("Voided incidents are counted among the incidents; they cost no points."),
    breakdown=Breakdown(
        key="by_category",
        field="category",
        place=-1 * Count("pk"),
        label=lambda value: Category(value).label if value else _("No category"),
    ),
)

KITCHEN = ReportKind(
    subject=Subject.KITCHEN,
    title=_("Kitchen report"),
    capability=Capability.READ_MEALS,
    records=lambda: KitchenService.objects.standing(),
    marked=lambda meals: meals.knowing_doubles(),
    student="person",
    day="date",
    figures=(
        ReportFigure("served", _("Meals served"), Count("pk")),
        ReportFigure("doubles", _("Doubles"), _those(is_double=True)),
        ReportFigure("extra", _("Extra"), _those(is_extra=True)),
    ),
    layers=(
        ChartLayer(_("First meals"), "served", less="doubles"),
        ChartLayer(_("Doubles"), "doubles"),
    ),
    chart_titles=(_("Meals by day"), _("Meals by week")),
    note=_(
        "Doubles are meals of somebody who had been served in that period and day before, by a "
        "kitchen without network. Extra are those that somebody gave beyond the portions, with a "
        "reason, and those of guests. Both are counted among the meals."
    ),
    breakdown=Breakdown(
        key="by_period",
        field="period__name",
        place=Min("period__starts_at"),
        label=lambda value: value or _("Outside of periods"),
    ),
)

KINDS = {kind.subject: kind for kind in (ATTENDANCE, DISCIPLINE, KITCHEN)}


@dataclass(frozen=True)
class Label:
    """A text of each group; `field` is the student's."""

    key: str
    heading: "StrOrPromise"
    field: str


def _group(key: str) -> Label:
    return Label(key, str(STUDENT.groups[key]), key)


_CLASS_LEVEL, _CLASS_CODE, _DEPARTMENT = map(_group, ("class_level", "class_code", "department"))

# What tells the groups apart. Days of attendance are of the class of that day; of meals and
# incidents a student who changes class takes the past along.
LABELS: dict[GroupBy, tuple[Label, ...]] = {
    GroupBy.CLASS: (_CLASS_CODE, _CLASS_LEVEL),
    GroupBy.DEPARTMENT: (_DEPARTMENT,),
    GroupBy.STUDENT: (
        Label(STUDENT.number_key, _("Registration number"), "identifier"),
        Label("full_name", _("Name"), "full_name"),
        _CLASS_CODE,
        _CLASS_LEVEL,
        _DEPARTMENT,
        Label("student", _("Student id"), "pk"),
    ),
}
ORDER = {
    GroupBy.CLASS: ("class_level", "class_code"),
    GroupBy.DEPARTMENT: ("department",),
    GroupBy.STUDENT: ("full_name", "student"),
}
