"""A day, said once more and as plainly as possible: from the contract, not from the code.

Times are minutes since the logical day began. Nothing here is fast, general or shared with what
it is compared to.
"""

from dataclasses import dataclass, field

DOUBLE_READ = 5 / 60 + 1e-6


@dataclass
class ModelSession:
    starts: float
    late: float
    ends: float | None
    requires_tap: bool = False


@dataclass
class ModelDay:
    sessions: list[ModelSession]
    taps: list[tuple[float, str]]
    """(when, which way): in, out, or nothing at a gate that does not say."""
    length: float = 24 * 60
    is_closed: bool = True
    away: list[tuple[float, float]] = field(default_factory=list)


def passes(taps: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Without double reads: the same way again within five seconds of a pass is that pass."""
    kept: list[tuple[float, str]] = []
    for at, way in sorted(taps):
        before = [other for other, same in kept if same == way]
        if not before or at - before[-1] > DOUBLE_READ:
            kept.append((at, way))
    return kept


def stays(taps: list[tuple[float, str]]) -> list[list[float | None]]:
    found: list[list[float | None]] = []
    inside = False
    arrived = False
    for at, way in passes(taps):
        if way == "in" or (way == "" and not arrived):
            if not inside:
                found.append([at, None])
            inside = arrived = True
        elif inside or arrived:
            found[-1][1] = at  # left, or left again: the last departure counts
            inside = False
        else:
            found.append([None, at])  # seen leaving, never coming
    return found


def comings(taps: list[tuple[float, str]], came: float | None, went: float | None) -> list[float]:
    """The taps of a stay that are not known to be somebody leaving."""
    end = 1e9 if went is None else went
    ways = [(at, way) for at, way in passes(taps) if way != "out"]
    return [at for at, _ in ways if came is not None and came <= at <= end]


def arrival(day: ModelDay) -> float | None:
    """The first time in; a gate that does not say lets in whoever has not come."""
    ins = [at for at, way in passes(day.taps) if way != "out"]
    return min(ins) if ins else None


def shortened(
    session: ModelSession, away: list[tuple[float, float]], closes: float
) -> ModelSession | None:
    """What an absence leaves of a session: None if nothing."""
    starts, late, ends = session.starts, session.late, session.ends
    for first, last in sorted(away):
        if first <= starts < last:
            if last >= (closes if ends is None else ends):
                return None
            late = max(late, last + session.late - session.starts)
            starts = last
        elif ends is not None and starts < first < ends <= last:
            ends = first
    return ModelSession(starts, late, ends, session.requires_tap)


UNSEEN = -1.0


def came_to(
    session: ModelSession,
    opens: float,
    closes: float,
    day: ModelDay,
    came: float | None,
    went: float | None,
) -> float | None:
    """When somebody who was here from then to then came to a session; None: they were not at it."""
    if came is None:
        return UNSEEN if went is not None and went > session.starts else None
    asks_more = session.requires_tap or session.ends is not None
    if asks_more and went is not None and went <= session.starts:
        return None
    own = [came]
    if session.requires_tap:
        own = [at for at in comings(day.taps, came, went) if at >= opens]
    return own[0] if own and own[0] < closes else None


def session_status(
    session: ModelSession, opens: float, closes: float, day: ModelDay
) -> tuple[str | None, float, float | None]:
    """(status, minutes late, when they came to it); no status while it may still come."""
    left = shortened(session, day.away, closes)
    is_away = left is None
    left = left or session
    there = [
        own
        for came, went in stays(day.taps)
        if (own := came_to(left, opens, closes, day, came, went)) is not None
    ]
    first = next((came for came in there if came >= 0), None)
    if is_away:
        return "Excused", 0, first
    if not there:
        return ("Absent" if day.is_closed else None), 0, None
    if first is None or first <= left.late:
        return "Present", 0, first
    return "Late", max(1, (first - left.starts) // 1), first


def judged(day: ModelDay) -> dict[str, object]:
    opens = 0.0
    results: list[tuple[str | None, float, float | None]] = []
    for place, session in enumerate(day.sessions):
        following = day.sessions[place + 1].starts if place + 1 < len(day.sessions) else day.length
        closes = session.ends if session.ends is not None else max(following, session.starts)
        results.append(session_status(session, min(opens, session.starts), closes, day))
        opens = session.ends if session.ends is not None else session.late
    statuses = [status for status, _, _ in results]
    begins = min((session.starts for session in day.sessions), default=0)
    came = any(
        came is not None or (went is not None and (not day.sessions or went > begins))
        for came, went in stays(day.taps)
    )
    if statuses and all(status == "Excused" for status in statuses):
        status: str | None = "Excused"
    elif "Late" in statuses:
        status = "Late"
    elif "Present" in statuses or (came and not (day.is_closed and "Absent" in statuses)):
        status = "Present"
    else:
        status = "Absent" if "Absent" in statuses else None
    return {
        "status": status,
        "sessions": statuses,
        "minutes_late": sum(late for _, late, _ in results),
        "came": [first for _, _, first in results],
        "arrived": arrival(day),
        "inside": bool(stays(day.taps)) and stays(day.taps)[-1][1] is None,
    }
