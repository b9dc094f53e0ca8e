"""What a simulated reader gets to see: one tap after the other, or a day that is over."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count, islice
from random import Random
from typing import Any

from django.utils import timezone

from cards.number_formats import NumberFormat, spell
from tools.simulator.events import SimulatedEvent, event_ids
from tools.simulator.school_day import FRIDAY, MAIN_FOOD, Cardholder, school_day
from tools.simulator.trouble import NO_TROUBLE, Shares, Trouble
from tools.simulator.week import Character, Gate, week_of


@dataclass(frozen=True, slots=True)
class Scenario:
    """`taps`: how many; None is no end, or all of a day."""

    cardholders: list[Cardholder]
    number_format: NumberFormat = NumberFormat.HEX
    is_kitchen: bool = False
    taps: int | None = None
    shares: Shares = NO_TROUBLE
    seed: int = 1


class Simulation:
    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.random = Random(scenario.seed)  # noqa: S311
        self.trouble = Trouble(scenario.shares, self.random, scenario.number_format)
        self.ids = event_ids()

    def live(self) -> Iterator[SimulatedEvent]:
        """Somebody or other, now; each event is made when it is asked for."""
        for _ in islice(count(), self.scenario.taps):
            cardholder = self.random.choice(self.scenario.cardholders)
            food_item = self.random.choice(MAIN_FOOD) if self.scenario.is_kitchen else ""
            event = self._event(cardholder.card, timezone.localtime(), food_item=food_item)
            yield event
            yield from [event] * self.trouble.repeats()

    def day(self, day: date, *, now: datetime, reorder: bool = False) -> list[SimulatedEvent]:
        """What one reader kept if everybody passed it on this day, up to now."""
        planned = school_day(
            self.scenario.cardholders,
            day,
            seed=self.scenario.seed,
            zone=timezone.get_default_timezone(),
        )
        seen = [
            tap
            for tap in planned
            if tap.place.is_kitchen == self.scenario.is_kitchen and tap.at <= now
        ]
        events = [
            self._event(
                tap.card,
                tap.at,
                direction=tap.direction,
                food_item=tap.food_item,
                is_offline=True,
            )
            for tap in seen[: self.scenario.taps]
        ]
        events += [event for event in events if self.trouble.repeats()]
        return self.trouble.reordered(events) if reorder else events

    def week(self, cast: Iterable[Character], monday: date) -> list[SimulatedEvent]:
        """What these people's gates kept of a week that is over, in the order of their sending."""
        zone = timezone.get_default_timezone()
        seen = week_of(cast, monday, seed=self.scenario.seed, zone=zone)
        return [
            self._event(
                tap.card,
                tap.at,
                # The hostel gate is passed both ways, and cannot tell which.
                direction="" if tap.gate == Gate.HOSTEL else tap.direction,
                is_offline=True,
                is_annulled=tap.is_annulled,
            )
            for tap in sorted(seen, key=lambda tap: (tap.sent_at, tap))
        ]

    def pause(self, rate: float) -> float:
        """Seconds until the next tap, at so many a second: people do not come in step."""
        return self.random.expovariate(rate)

    def _event(
        self,
        card: str,
        at: datetime,
        *,
        is_offline: bool = False,
        is_annulled: bool = False,
        **said: str,
    ) -> SimulatedEvent:
        tap: dict[str, Any] = {
            "card": spell(card, self.scenario.number_format),
            "tapped_at": at.isoformat(),
            **{name: value for name, value in said.items() if value},
        }
        return SimulatedEvent(
            next(self.ids), self.trouble.spoil(tap, at), is_offline, is_annulled=is_annulled
        )


def last_school_day(today: date) -> date:
    """Monday to Friday, before today."""
    day = today - timedelta(days=1)
    while day.isoweekday() > FRIDAY:
        day -= timedelta(days=1)
    return day


def last_monday(today: date) -> date:
    """Of the last whole week, whose last night is over too."""
    return today - timedelta(days=today.weekday() + (14 if today.weekday() == 0 else 7))
