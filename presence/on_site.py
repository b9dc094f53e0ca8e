"""Who is on site at an instant, since when, and where they were seen last (contract section 9).

One answer for the list, the dashboard, a roll-call and any moment of the past: a function of the
passes in the ledger before it. How the passes of a day make stays is `attendance.day.stays_of`;
days join to one another here. So nobody falls out at midnight:

* A stay lasts until the person is seen to leave, `ON_SITE_LONGEST` at most.
* Where no gate sees anybody leave, it lasts as long as the person's logical day.
* Whoever comes again without having been seen to leave is on site since the later day: they must
  have left in between.

So only the last logical day with a pass matters, and nobody's past is read.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, Q, QuerySet, When, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from accounts.models import User
from attendance.day import MAX_DEBOUNCE, WAYS, Direction, Pass, debounced, stays_of
from attendance.roll import is_unchanged, member_of, roll_on, start_of
from attendance.rulebook import current_book
from people.applies_to import Member
from people.kinds import PersonKind, kind_named, kinds
from people.models import NAMES_FIRST, Person
from people.scope import may_read
from pos.models import Decision, Device, Tap
from presence.logical_days import LogicalDays

DEBOUNCE: Final = timedelta(seconds=MAX_DEBOUNCE)
# So much before a day begins its first pass may have been made: it may be a double read, and the
# clocks on the wall may be set while the day is counted back from its last pass.
BEFORE_THE_DAY: Final = timedelta(hours=2) + DEBOUNCE

COLUMNS: Final = (
    *("person_uuid", "kind", "class_level", "class_code", "department"),
    *("place", "made_at", "changed_at"),
)
# As people are in order everywhere.
BY_NAME: Final = (*NAMES_FIRST, "person_uuid")
TAP_COLUMNS: Final = (
    *("person_id", "counted_at", "direction", "decision", "device_id", "card_uuid"),
    *("location", "date"),
)
# The passes of each person's last day, by one look into the index for the last pass and one for
# those before it (OFFSET 0: that look is bounded by the day, and is no join over all their taps).
# The index has a person's taps by the date on which they count: each look says which it means.
# Whoever went out by their last pass, and by no double read, is left out here.
PASSES: Final = f"""
    SELECT asked.*, pass.counted_at, pass.direction, pass.decision,
        concat(pass.device_id, pass.card_uuid), coalesce(reader.debounce_seconds, 0)
    FROM ({{people}}) AS asked
    CROSS JOIN LATERAL (
        SELECT pass.counted_at, pass.direction, pass.date FROM ({{passes}}) AS pass
        WHERE pass.person_id = asked.person_uuid
            AND pass.counted_at > %s AND pass.counted_at <= %s
            AND pass.date >= %s AND pass.date <= %s
        ORDER BY pass.date DESC, pass.counted_at DESC, pass.direction DESC LIMIT 1
    ) AS latest
    CROSS JOIN LATERAL (
        SELECT pass.* FROM ({{passes}}) AS pass
        WHERE pass.person_id = asked.person_uuid
            AND pass.date BETWEEN latest.date - 2 AND latest.date
            AND pass.counted_at <= latest.counted_at
            AND pass.counted_at > (
                SELECT min(
                    (date_trunc('day', (latest.counted_at - begins.after - %s) AT TIME ZONE %s)
                        + begins.after) AT TIME ZONE %s
                ) FROM unnest(%s::interval[]) AS begins (after)
            ) - %s
        OFFSET 0
    ) AS pass
    LEFT JOIN pos_device AS reader ON reader.pos_id = pass.device_id
    WHERE latest.direction <> '{Direction.OUT}' OR EXISTS (
        SELECT FROM ({{passes}}) AS before
        WHERE before.person_id = asked.person_uuid
            AND before.date BETWEEN latest.date - 1 AND latest.date
            AND before.counted_at >= latest.counted_at - %s
            AND before.counted_at <= latest.counted_at
            AND (before.counted_at, before.direction) <> (latest.counted_at, latest.direction)
    )
"""  # noqa: S608  (constants of ours)
SIGHTINGS: Final = """
    SELECT asked.person, sighting.counted_at, coalesce(reader.name, ''), sighting.location
    FROM unnest(%s::uuid[]) AS asked (person)
    CROSS JOIN LATERAL (
        SELECT * FROM ({sightings}) AS sighting
        WHERE sighting.person_id = asked.person AND sighting.counted_at <= %s
        ORDER BY sighting.date DESC, sighting.counted_at DESC LIMIT 1
    ) AS sighting
    LEFT JOIN pos_device AS reader ON reader.pos_id = sighting.device_id
"""


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody who is on site. The groups are those that they are in now."""

    person: UUID
    kind: PersonKind
    class_level: str
    class_code: str
    department: str
    since: datetime
    place: int
    """By name, among those who were asked about."""

    @property
    def group(self) -> str:
        return group_of(self.kind, self.class_level, self.class_code, self.department)


@dataclass(frozen=True, slots=True)
class Sighting:
    """The last tap before an instant: at which reader ('': entered by hand), and where that is."""

    at: datetime
    reader: str
    location: str


def group_of(kind: PersonKind, class_level: str, class_code: str, department: str) -> str:
    """The class or department, as the card names it; of whom there is no class, the level."""
    groups = {"class_level": class_level, "class_code": class_code, "department": department}
    return groups.get(kind.card_group, "") or class_level


def kinds_for(user: User) -> list[PersonKind]:
    """The kinds of which somebody may be on the list that this user sees."""
    return [kind for kind in kinds() if may_read(user, kind)]


def on_site(*, at: datetime, people: QuerySet[Person]) -> list[Here]:
    """Those of these people who were on site at that instant, by kind, group and name.

    Four queries, whatever the number of people and taps, and two for each day on which somebody
    passed last who has changed since.
    """
    days = LogicalDays(current_book())
    asked = _facts(people, at, days)
    members = _members(asked)
    sees_leaving = Device.objects.that_see_leaving().exists()
    here = []
    for facts in asked:
        member = members.get(facts.person) or facts.member
        since = _since(facts.passes, member, days)
        if since is None or since <= at - settings.ON_SITE_LONGEST:
            continue
        if sees_leaving or days.day_of(member, since) == days.day_of(member, at):
            here.append(Here(facts.person, facts.kind, *facts.groups, since, facts.place))
    by_kind = {kind: number for number, kind in enumerate(kinds())}
    here.sort(key=lambda one: (by_kind[one.kind], one.group.casefold(), one.group, one.place))
    return here


def seen_by(user: User) -> Any:
    """Whom this user's list may name."""
    return Person.objects.filter(kind__in=[kind.key for kind in kinds_for(user)]).seen_by(user)


def totals_of(here: Iterable[Here], among: Iterable[PersonKind]) -> dict[str, int]:
    """`{total, students, staff, ...}`, of these kinds."""
    counts = Counter(one.kind for one in here)
    numbers = {kind.plural_key: counts[kind] for kind in among}
    return {"total": sum(numbers.values()), **numbers}


def groups_of(here: Iterable[Here]) -> list[tuple[PersonKind, str, int]]:
    """Each group of which somebody is here, with how many, in the order of the list."""
    counts = Counter((one.kind, one.group) for one in here)
    return [(kind, group, count) for (kind, group), count in counts.items()]


def sightings_of(people: Sequence[UUID], *, at: datetime) -> dict[UUID, Sighting]:
    """Where each of them was seen last, at a gate or at a hatch; one query."""
    taps = Tap.objects.sightings().order_by().values(*TAP_COLUMNS)
    statement, params = _compiled(taps)
    with connection.cursor() as cursor:
        cursor.execute(SIGHTINGS.format(sightings=statement), [list(people), *params, at])
        return {person: Sighting(*seen) for person, *seen in cursor.fetchall()}


# --- from passes to stays ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Facts:
    person: UUID
    kind: PersonKind
    groups: tuple[str, str, str]
    place: int
    made_at: datetime | None
    changed_at: datetime | None
    """None: not for longer than is asked about."""
    passes: list[Pass]

    @property
    def member(self) -> Member:
        return member_of(self.kind, self.person, self.groups)


def _facts(people: QuerySet[Person], at: datetime, days: LogicalDays) -> list[_Facts]:
    """The passes of the last day of each, and those shortly before, if the last was no way out."""
    earliest = at - settings.ON_SITE_LONGEST
    # Of most nothing has changed for long: a moment less to read.
    has_changed = Q(updated_at__gt=start_of(timezone.localdate(earliest)))
    facts_of = people.order_by().annotate(
        place=Window(RowNumber(), order_by=list(BY_NAME)),
        made_at=Case(When(has_changed, then="created_at")),
        changed_at=Case(When(has_changed, then="updated_at")),
    )
    try:
        asked, asked_params = _compiled(facts_of.values(*COLUMNS))
    except EmptyResultSet:  # there can be none, such as of a teacher without a class
        return []
    passes, params = _compiled(Tap.objects.passes().order_by().values(*TAP_COLUMNS))
    begins = [
        timedelta(hours=time.hour, minutes=time.minute, seconds=time.second)
        for time in days.begin_at(earliest, at)
    ]
    zone = settings.TIME_ZONE
    values = [
        *asked_params,
        *(*params, earliest, at, timezone.localdate(earliest), timezone.localdate(at)),
        *(*params, DEBOUNCE, zone, zone, begins, BEFORE_THE_DAY),
        *(*params, DEBOUNCE),
    ]
    with connection.cursor() as cursor:
        cursor.execute(PASSES.format(people=asked, passes=passes), values)
        rows = cursor.fetchall()
    found: dict[UUID, _Facts] = {}
    for person, kind, level, code, department, *when, moment, way, decision, source, again in rows:
        facts = found.get(person)
        if facts is None:
            place, made_at, changed_at = when
            groups = level, code, department
            named = kind_named(kind)
            facts = _Facts(person, named, groups, place, made_at, changed_at, [])
            found[person] = facts
        is_refused = decision == Decision.DENIED
        facts.passes.append(Pass(moment, WAYS[way], source, is_refused, again))
    return list(found.values())


def _members(asked: Iterable[_Facts]) -> dict[UUID, Member]:
    """Of whoever has changed groups since: as they were on the day of their last pass."""
    changed: dict[date, list[UUID]] = {}
    for facts in asked:
        if facts.made_at is None or facts.changed_at is None or not facts.kind.day_list:
            continue
        day = timezone.localdate(max(one.at for one in facts.passes))
        if not is_unchanged(facts.made_at, facts.changed_at, since=start_of(day)):
            changed.setdefault(day, []).append(facts.person)
    return {
        person: entry.member
        for day, people in changed.items()
        for person, entry in roll_on(day, people).items()
    }


def _since(passes: Sequence[Pass], member: Member, days: LogicalDays) -> datetime | None:
    """Since when they are in by their last day; None: they are not.

    A double read is one pass also where a day begins between the two.
    """
    if len(passes) == 1:  # of most: no rule is needed for one
        return None if passes[0].direction == Direction.OUT else passes[0].at
    single = [one for one, is_again in debounced(passes) if not is_again]
    if len(single) > 1:
        last = days.day_of(member, single[-1].at)
        single = [one for one in single if days.day_of(member, one.at) == last]
    stays = stays_of(single)
    return stays[-1].arrived_at if stays and stays[-1].left_at is None else None


def _compiled(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    statement, params = rows.query.sql_with_params()
    return statement, params
