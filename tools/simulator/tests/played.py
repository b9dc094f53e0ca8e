"""A week that is lived in this database, through the doors that a school uses."""

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import pgtrigger
import time_machine
from django.db.models import Max
from django.utils import timezone
from rest_framework.test import APIClient

from attendance.closing import close_due
from attendance.models import Attendance, NoCardDay, Rulebook
from cards.models import Card
from cards.services import switch_card
from cards.tests.factories import LONG_AGO, make_card, make_guard, make_member, make_student
from people.models import Person
from pos.models import Device
from pos.services import record_heartbeat
from pos.tests.factories import make_reader
from tools.simulator.week import (
    ONE_DAY,
    RULES,
    WHEN,
    Character,
    Fate,
    Gate,
    Role,
    WeekTap,
    rules_of,
    week_of,
)

ZONE = ZoneInfo("Africa/Dar_es_Salaam")
MONDAY = date(2026, 11, 9)
TUESDAY_AFTER = datetime.combine(MONDAY + 8 * ONE_DAY, time(12), ZONE)
TAPS = "/api/pos/taps/"
# What a reader sends in so many minutes goes up together.
SENT_TOGETHER = timedelta(minutes=5)
CLOSES_AFTER = (0, 6, 9, 18)
DIRECTIONS = {Gate.MAIN_IN: Device.Direction.IN, Gate.MAIN_OUT: Device.Direction.OUT}
CLASSES = {Role.PUPIL: "F1A", Role.TWO_SESSIONS: "F2A", Role.BOARDER: "F4B"}
MAKERS: dict[Role, Callable[..., Any]] = {
    Role.MEMBER: make_member,
    Role.DAY_GUARD: make_guard,
    Role.NIGHT_GUARD: make_guard,
}
HISTORIES: list[Any] = [Person.pgh_event_model, Card.pgh_event_model]  # type: ignore[attr-defined]

Step = tuple[datetime, Callable[[], object]]


def cast() -> list[Character]:
    """Somebody of each kind whom something befalls, and some whom nothing does."""
    numbers = {Role.PUPIL: 9, Role.TWO_SESSIONS: 7, Role.BOARDER: 6, Role.MEMBER: 4}
    numbers |= {Role.DAY_GUARD: 2, Role.NIGHT_GUARD: 4}
    roles = [role for role, number in numbers.items() for _ in range(number)]
    fates = [(Role.PUPIL, fate) for fate in Fate if fate != Fate.NONE]
    fates += [(Role.BOARDER, Fate.NO_CARD), (Role.MEMBER, Fate.NO_CARD), (Role.MEMBER, Fate.AWAY)]
    fates += [(Role.BOARDER, Fate.CARD_OFF), (Role.MEMBER, Fate.CARD_OFF)]
    everybody = [*((role, Fate.NONE) for role in roles), *fates]
    return [
        Character(f"Person {n:02}", f"RF{n:09}", role, fate)
        for n, (role, fate) in enumerate(everybody)
    ]


@dataclass
class School:
    """People of a cast with their cards, gates and rules; `administrator` does what is done."""

    administrator: APIClient
    seed: int = 1
    cast: list[Character] = field(default_factory=cast)

    def __post_init__(self) -> None:
        self._stamped: dict[Any, int] = {}
        self.taps = week_of(self.cast, MONDAY, seed=self.seed, zone=ZONE)
        with self._at(datetime.combine(MONDAY - ONE_DAY, time(8), ZONE)):
            Rulebook.objects.update(changed_at=timezone.now())
            self.people = {one.name: _enrolled(one) for one in self.cast}
            self.gates = {
                gate: make_reader(
                    name=gate.value, direction=DIRECTIONS.get(gate, Device.Direction.BOTH)
                )
                for gate in Gate
            }
            self._stamp()
            self._write_rules()

    def live(self, looks: Iterable[Step] = ()) -> None:
        """As it was planned, hour by hour; `looks` are what else is done, and when."""
        self._live(self.taps, [], looks)

    def live_in_another_order(self) -> None:
        """Whatever can wait is sent by the gates after the week, in no order at all."""
        live = [tap for tap in self.taps if tap.is_refused or tap.is_annulled]
        late = [tap for tap in self.taps if tap not in live]
        random.Random(self.seed).shuffle(late)  # noqa: S311
        self._live(live, late)

    def rows(self) -> list[tuple[Any, ...]]:
        """Every day of everybody, without what says when it was written."""
        fields = (
            *("status", "derived_status", "attendance_time", "left_at", "minutes_late"),
            *("left_early", "minutes_on_site", "on_site_since", "sessions", "is_counted"),
            *("class_code", "department"),
        )
        names = {person.pk: name for name, person in self.people.items()}
        days = Attendance.objects.values_list("person", "date", *fields)
        missing = NoCardDay.objects.standing().values_list("person", "date")
        rows = [*days, *((*one, "no card") for one in missing)]
        return sorted(((names[key], *rest) for key, *rest in rows), key=str)

    # --- what happens ----------------------------------------------------------------------------

    def _live(
        self, taps: Iterable[WeekTap], late: list[WeekTap], looks: Iterable[Step] = ()
    ) -> None:
        steps: list[Step] = [*self._uploads(taps), *self._deeds(), *self._closings(), *looks]
        for at, deed in sorted(steps, key=lambda step: step[0]):
            with self._at(at):
                deed()
        for first in range(0, len(late), 40):
            with self._at(TUESDAY_AFTER):
                for gate in Gate:
                    self._send(gate, [tap for tap in late[first : first + 40] if tap.gate == gate])

    def _uploads(self, taps: Iterable[WeekTap]) -> Iterator[Step]:
        def step(tap: WeekTap) -> tuple[datetime, Gate, bool, bool]:
            sent_at = tap.sent_at.timestamp() // SENT_TOGETHER.total_seconds()
            until = datetime.fromtimestamp((sent_at + 1) * SENT_TOGETHER.total_seconds(), ZONE)
            return until, tap.gate, tap.is_refused, tap.is_annulled

        for (at, gate, *_), together in groupby(sorted(taps, key=step), key=step):
            yield at, partial(self._send, gate, [*together])

    def _send(self, gate: Gate, taps: list[WeekTap]) -> None:
        if not taps:
            return
        client, items = self.gates[gate][1], [self._item(tap) for tap in taps]
        answer = client.post(f"{TAPS}batch/", {"taps": items})
        assert answer.status_code == 200, answer.content
        results = answer.json()["results"]
        decided = ["denied" if tap.is_refused else "accepted" for tap in taps]
        assert [result["decision"] for result in results] == decided, results
        for tap, item in zip(taps, items, strict=True):
            if tap.is_annulled:
                taken_back = client.post(f"{TAPS}annul/", {"event_id": item["event_id"]})
                assert taken_back.status_code == 200, taken_back.content

    def _item(self, tap: WeekTap) -> dict[str, Any]:
        """What the hostel gate sees is nobody's direction."""
        is_offline = timezone.now() - tap.at > 2 * SENT_TOGETHER
        said = {} if tap.gate == Gate.HOSTEL else {"direction": tap.direction}
        event_id = f"{tap.name}-{tap.at:%d%H%M%S}"
        body = {"event_id": event_id, "card": tap.card, "tapped_at": tap.at.isoformat()}
        return {**body, "offline": is_offline, **said}

    def _deeds(self) -> Iterator[Step]:
        for character in self.cast:
            if character.fate in WHEN:
                day, minute = WHEN[character.fate]
                at = datetime.combine(MONDAY + day * ONE_DAY, time(), ZONE)
                deed = partial(self._befall, self.people[character.name], character.fate)
                yield at + timedelta(minutes=minute), deed

    def _closings(self) -> Iterator[Step]:
        for day in range(8):
            for hour in CLOSES_AFTER:
                yield datetime.combine(MONDAY + day * ONE_DAY, time(hour, 5), ZONE), self._close

    def _close(self) -> None:
        """As the worker does, every few hours; all gates that are not dead have been heard of."""
        now = timezone.now()
        for gate, (device, _) in self.gates.items():
            if gate != Gate.EAST:
                record_heartbeat(pos_id=device.pk, device_time=now, queue_depth=0, firmware="1")
        close_due(now=now)

    def _befall(self, person: Any, fate: Fate) -> None:
        person.refresh_from_db()
        if fate == Fate.SUSPENDED:
            person.status = "Suspended"
            person.save(update_fields=["status", "updated_at"])
        elif fate == Fate.MOVES_CLASS:
            person.class_code = CLASSES[Role.TWO_SESSIONS]
            person.save(update_fields=["class_code", "updated_at"])
        else:
            switch_card(card=Card.objects.get(person=person), is_active=False)
        self._stamp()

    def _stamp(self) -> None:
        """The database has a clock of its own, which no test moves: what it just wrote is now."""
        for model in HISTORIES:
            guard = f"{model._meta.app_label}.{model.__name__}:append_only"
            with pgtrigger.ignore(guard):
                written = model.objects.filter(pgh_id__gt=self._stamped.get(model, 0))
                written.update(pgh_created_at=timezone.now())
            self._stamped[model] = model.objects.aggregate(Max("pgh_id"))["pgh_id__max"] or 0

    def _write_rules(self) -> None:
        guards = [one.name for one in self.cast if one.role == Role.NIGHT_GUARD]
        audiences = {
            Role.TWO_SESSIONS: {"class_codes": [CLASSES[Role.TWO_SESSIONS]]},
            Role.BOARDER: {"class_codes": [CLASSES[Role.BOARDER]]},
            Role.NIGHT_GUARD: {"people": [str(self.people[name].pk) for name in guards]},
        }
        for path, body in rules_of(MONDAY, audiences):
            self._post(path, body)
        for one in self.cast:
            if one.fate == Fate.AWAY:
                person = self.people[one.name]
                span = {"from": str(MONDAY + ONE_DAY), "to": str(MONDAY + 3 * ONE_DAY)}
                self._post(
                    f"{RULES}absences/", {person.kind: str(person.pk), **span, "reason": "Away"}
                )

    def _post(self, path: str, body: dict[str, Any]) -> None:
        answer = self.administrator.post(path, body)
        assert answer.status_code == 201, answer.content

    @contextmanager
    def _at(self, moment: datetime) -> Iterator[None]:
        with time_machine.travel(moment, tick=False):
            yield


def _enrolled(character: Character) -> Any:
    make: Callable[..., Any] = MAKERS.get(character.role, make_student)
    level = {"class_level": "Form", "class_code": CLASSES.get(character.role, "")}
    own = level if make is make_student else {}
    named = {"whole_name": character.name} if make is make_guard else {"surname": character.name}
    person = make(**named, **own)
    if character.fate != Fate.NO_CARD:
        issued = timezone.make_aware(datetime.combine(LONG_AGO, time(8)))
        make_card(person, character.card, issued_date=issued)
    return person
