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


def arrival(day: ModelDay) -> float | None:
    """The first time in; a gate that does not say lets in whoever has not come."""
    ins = [at for at, way in passes(day.taps) if way != "out"]
    return min(ins) if ins else None


def shortened(session: ModelSession, away: list[tuple[float, float]], closes: float) -> object:
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


def session_status(
    session: ModelSession, opens: float, closes: float, day: ModelDay
) -> tuple[str | None, float]:
    """(status, minutes late); no status while it may still come."""
    left = shortened(session, day.away, closes)
    if left is None:
        return "Excused", 0
    assert isinstance(left, ModelSession)
    there = []
    for came, went in stays(day.taps):
        if came is not None and came >= closes:
            continue
        if session.requires_tap:
            if (went if came is None else came) >= opens:  # type: ignore[operator]
                there.append(came)
        elif left.ends is None or went is None or went > left.starts:
            there.append(came)
    if not there:
        return ("Absent" if day.is_closed else None), 0
    known = [came for came in there if came is not None]
    if not known or known[0] <= left.late:
        return "Present", 0
    return "Late", max(1, (known[0] - left.starts) // 1)


def judged(day: ModelDay) -> dict[str, object]:
    opens = 0.0
    results: list[tuple[str | None, float]] = []
    for place, session in enumerate(day.sessions):
        following = day.sessions[place + 1].starts if place + 1 < len(day.sessions) else day.length
        closes = session.ends if session.ends is not None else max(following, session.starts)
        results.append(session_status(session, min(opens, session.starts), closes, day))
        opens = session.ends if session.ends is not None else session.late
    statuses = [status for status, _ in results]
    came = bool(stays(day.taps))
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
        "minutes_late": sum(late for _, late in results),
        "arrived": arrival(day),
        "inside": bool(stays(day.taps)) and stays(day.taps)[-1][1] is None,
    }
