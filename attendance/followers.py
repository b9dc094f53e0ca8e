"""Who goes by a schedule on a day: those whom it means and no more particular one does."""

from datetime import date

from django.db.models import Q

from attendance.expectation import NOBODY, meant_by
from attendance.rules import Rules, ScheduleRule


def followers_of(schedule: ScheduleRule, rules: Rules, day: date) -> Q:
    """People who go by it, as they are now; the order is that of `Rules.schedule_of`."""
    ways = []
    for place, one in enumerate(rules.schedules):
        if one.holds_on(day):
            since = one.valid_from or date.min
            for precedence, whom in meant_by(one.audience):
                ways.append(((precedence, not one.is_policy, since, place), one, whom))
    found, others = NOBODY, Q()
    for _, one, whom in sorted(ways, key=lambda way: way[0], reverse=True):
        if one.schedule_id == schedule.schedule_id:
            found |= others & whom
        others &= ~whom
    return found
