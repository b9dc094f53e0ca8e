"""Where a tap stands in what a reader of somebody else's firmware sends (contract section 8).

The table of a `mapped` reader: names, or paths into JSON, of what our own readers call `card`,
`tapped_at`, `event_id` and `direction`; and what must be so for a message to be a tap at all.
Nothing here knows how the message came.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from attendance.day import Direction
from pos.protocol import MAX_AHEAD, MAX_BEHIND, MAX_BEHIND_LIVE, IncomingTap, read_tap

LONGEST_PATH, MOST_PATHS = 100, 10
LONGEST_TOPIC = 200
PARTS: Final = ("card", "tapped_at", "event_id", "direction", "food_item")
# From this on a number is no more of seconds since 1970, but of milliseconds.
MILLISECONDS_FROM: Final = 10**11
NEVER_SET: Final = datetime.fromtimestamp(0, UTC).isoformat()

# The four that schools meet; a table that says `like` begins with one of them.
READY: Final[dict[str, dict[str, Any]]] = {
    "esp-rfid": {"card": "uid", "tapped_at": "time", "when": {"type": "access"}},
    "tasmota": {
        "card": ["PN532.UID", "RDM6300.UID", "MFRC522.UID", "Wiegand.UID"],
        "tapped_at": "Time",
    },
    "esphome": {"card": ["card", "tag", "uid", "x"], "tapped_at": "time", "event_id": "id"},
    "webhook": {
        "card": ["card", "rfid", "uid", "card_sn", "code", "tag"],
        "tapped_at": ["tapped_at", "time", "timestamp"],
        "event_id": ["event_id", "id"],
        "direction": ["direction", "dir"],
    },
}
KEYS: Final = frozenset({*PARTS, "directions", "when", "topic", "like"})


class BadMapping(ValueError):
    """This is no table; `str()` says why."""


class NoTap(Exception):
    """By its reader's table the message is none: a heartbeat, a temperature, a door that opened."""


@dataclass(frozen=True, slots=True)
class TapTable:
    """A mapping that was read. Of several paths to one thing the first that is there counts."""

    paths: Mapping[str, Sequence[str]]
    when: Mapping[str, Sequence[str]] = field(default_factory=dict)
    directions: Mapping[str, str] = field(default_factory=dict)
    topic: str = ""

    def read(
        self, said: Any, *, received_at: datetime, direction: Direction = Direction.EITHER
    ) -> IncomingTap:
        """Raises NoTap, or BadTap for one in which something is wrong."""
        if any(_text(_at(said, path)) not in values for path, values in self.when.items()):
            raise NoTap
        found = {part: _text(self._found(said, part)) for part in PARTS}
        if found["card"] is None:
            raise NoTap
        # What is empty says nothing; but a card that is, is one that could not be read.
        item = {part: value for part, value in found.items() if value != "" or part == "card"}
        way = str(item.pop("direction", ""))
        way = self.directions.get(way, way.strip().lower())
        item["direction"] = way if way in ("in", "out") else None
        item["tapped_at"] = _moment(item.get("tapped_at"))
        tap = read_tap(item, received_at=received_at, direction=direction)
        return _judged_by_clock(tap, item, received_at, direction)

    def _found(self, said: Any, part: str) -> Any:
        values = (_at(said, path) for path in self.paths.get(part, ()))
        return next((value for value in values if value is not None), None)


def _judged_by_clock(
    tap: IncomingTap, item: dict[str, Any], received_at: datetime, direction: Direction
) -> IncomingTap:
    at = tap.tapped_at
    if at is None:
        return tap
    if not received_at - MAX_BEHIND <= at <= received_at + MAX_AHEAD:
        # A clock that begins again in 1970 at each start says the same moments on other days: they
        # tell no tap from another. The tap keeps what it said, and is marked for it.
        if item.get("event_id") is not None:
            return tap
        known_as = read_tap(
            {**item, "tapped_at": None}, received_at=received_at, direction=direction
        )
        return replace(tap, event_id=known_as.event_id)
    # It waited, in the reader or on the way: it has happened.
    return replace(tap, offline=True) if received_at - at > MAX_BEHIND_LIVE else tap


def table_of(mapping: Any) -> TapTable:
    """Raises BadMapping. An empty one has our own names."""
    if not isinstance(mapping, dict):
        raise BadMapping(_('Enter an object, such as {} or {"card": "uid"}.'))
    if unknown := sorted(map(str, mapping.keys() - KEYS)):
        known = ", ".join(sorted(KEYS))
        wrong = _("Unknown: {names}. Known: {known}.")
        raise BadMapping(wrong.format(names=", ".join(unknown), known=known))
    like = mapping.get("like", "")
    if not isinstance(like, str) or (like and like not in READY):
        raise BadMapping(_("{name}: one of {names}.").format(name="like", names=", ".join(READY)))
    said = {**READY.get(like, {}), **mapping}
    paths = {part: _paths(part, said[part]) for part in PARTS if part in said}
    own = {} if "card" in paths else {part: (part,) for part in PARTS}
    return TapTable(
        paths={**own, **paths},
        when={_path("when", path): _texts(value) for path, value in _pairs(said, "when")},
        directions={value: _way(way) for value, way in _pairs(said, "directions")},
        topic=_topic(said.get("topic", "")),
    )


def _pairs(said: Mapping[str, Any], name: str) -> Iterable[tuple[str, Any]]:
    value = said.get(name, {})
    if not isinstance(value, dict) or len(value) > MOST_PATHS:
        wrong = _("{name}: an object of at most {most} names and values.")
        raise BadMapping(wrong.format(name=name, most=MOST_PATHS))
    return value.items()


def _way(value: Any) -> str:
    if value not in ("in", "out"):
        raise BadMapping(_("{name}: each value is in or out.").format(name="directions"))
    return str(value)


def _topic(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TOPIC or not value.isprintable():
        raise BadMapping(
            _("{name}: at most {most} printable characters.").format(
                name="topic", most=LONGEST_TOPIC
            )
        )
    if set(value) & set("#+") or value.startswith(("$", "trackxpert/")):
        wrong = _("{name}: one topic of its own, without + and #, not below trackxpert/.")
        raise BadMapping(wrong.format(name="topic"))
    return value


def _paths(part: str, value: Any) -> tuple[str, ...]:
    paths = value if isinstance(value, list) else [value]
    if not 1 <= len(paths) <= MOST_PATHS:
        raise BadMapping(
            _("{name}: 1 to {most} names or paths.").format(name=part, most=MOST_PATHS)
        )
    return tuple(_path(part, path) for path in paths)


def _path(part: str, path: Any) -> str:
    if not isinstance(path, str) or not 0 < len(path) <= LONGEST_PATH or not path.isprintable():
        raise BadMapping(_("{name}: a name or a path such as PN532.UID.").format(name=part))
    return path


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    texts = [_text(each) for each in values]
    if not 1 <= len(texts) <= MOST_PATHS or not all(isinstance(each, str) for each in texts):
        raise BadMapping(
            _("{name}: a text, a number, true or false, or a list of them.").format(name="when")
        )
    return tuple(texts)


def _at(said: Any, path: str) -> Any:
    """What stands there: under the name itself, else along its dots; None if there is nothing."""
    if isinstance(said, Mapping) and path in said:
        return said[path]
    for step in path.split("."):
        if isinstance(said, Mapping):
            said = said.get(step)
        elif isinstance(said, list) and step.isdecimal() and int(step[:6]) < len(said):
            said = said[int(step)]
        else:
            return None
    return said


def _text(value: Any) -> Any:
    """A JSON number or truth as text; one with a fraction stays, for it may have lost digits."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


def _moment(value: Any) -> Any:
    """Seconds or milliseconds since 1970 as a time; what else it is stays.

    A number that no calendar has is said by a clock that was never set.
    """
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return value
    if abs(number) >= MILLISECONDS_FROM:
        number /= 1000
    try:
        return datetime.fromtimestamp(number, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return NEVER_SET
