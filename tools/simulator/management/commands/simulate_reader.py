import os
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from cards.number_formats import NumberFormat
from pos.models import Activity
from tools.simulator.cardholders import (
    audiences_of,
    cast_of,
    enrolled_cardholders,
    is_spelled,
    listed_cardholders,
)
from tools.simulator.events import SimulatedEvent
from tools.simulator.link import NO_ANSWER, HttpLink, address
from tools.simulator.own_reader import borrowed_reader
from tools.simulator.reader import SimulatedReader, Stopped
from tools.simulator.scenario import Scenario, Simulation, last_monday, last_school_day
from tools.simulator.school_day import Cardholder
from tools.simulator.tally import reason_of
from tools.simulator.trouble import Shares
from tools.simulator.week import rules_of

KEY_VARIABLE = "TRACKXPERT_READER_KEY"
LIVE_TAPS = 100
TROUBLES = {
    "duplicates": "Events that are sent once more although they were answered, such as 5%%.",
    "lost_replies": "Requests whose answer is lost, so that their events are sent again.",
    "clock_jumps": "Taps of a clock that shows 1970, 2099, or some minutes more or less.",
    "unknown": "Cards that nobody knows.",
    "bad": "Cards that were misread.",
    "malformed": "Items that are no taps: they are refused, and the exit status is 1.",
}


def share(text: str) -> float:
    """`5%` or `0.05`."""
    value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not 0 <= value <= 1:
        raise ArgumentTypeError(f"{text} is no share: write 5% or 0.05.")
    return value


def rate(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise ArgumentTypeError("a rate is more than 0.")
    return value


class Command(BaseCommand):
    help = (
        "Be a reader at a gate or in a kitchen: post taps to a TrackXpert server over HTTP, one "
        "by one as they are made, or a whole school day that was made while the network was "
        "away. Ends with a summary; the exit status is 0 if every event got a 2xx answer. "
        "docs/readers.md describes the protocol."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--url", type=address, default=settings.PUBLIC_URL, help="The server's address."
        )
        parser.add_argument(
            "--key",
            default=os.environ.get(KEY_VARIABLE, ""),
            help=f"The reader's key, or {KEY_VARIABLE}. Without either, and with the demo's "
            "database at hand, a reader is registered for the run.",
        )
        parser.add_argument(
            "--kitchen", action="store_true", help="Stand in a kitchen, not at a gate."
        )
        parser.add_argument(
            "--format",
            choices=[str(name) for name in NumberFormat],
            default=str(NumberFormat.HEX),
            help="How it spells chip numbers; as it was registered.",
        )
        cards = parser.add_mutually_exclusive_group()
        cards.add_argument(
            "--cards", type=Path, metavar="FILE", help="Canonical card numbers, one a line."
        )
        cards.add_argument(
            "--from-database",
            action="store_true",
            help="The active cards of the database at hand; this is the default.",
        )
        self._add_pace(parser)
        for name, text in TROUBLES.items():
            option = f"--{name.replace('_', '-')}"
            parser.add_argument(option, type=share, default=0.0, metavar="SHARE", help=text)
        parser.add_argument("--seed", type=int, default=1, help="Other taps, other trouble.")

    def _add_pace(self, parser: ArgumentParser) -> None:
        pace = parser.add_mutually_exclusive_group()
        pace.add_argument("--rate", type=rate, default=2.0, help="Taps a second; 2 by default.")
        pace.add_argument("--fast", action="store_true", help="As fast as the server answers.")
        pace.add_argument(
            "--backlog",
            action="store_true",
            help="Upload a school day that is over, in batches, as offline taps.",
        )
        pace.add_argument(
            "--week",
            action="store_true",
            help="Upload the last whole week: night guards, boarders, two sessions, a holiday, "
            "double reads, a gate that sent late, one that was dead, taps that are taken back.",
        )
        parser.add_argument(
            "--login",
            metavar="NAME:PASSWORD",
            help="With --week: an administrator's, to set the rules of that week first.",
        )
        parser.add_argument(
            "--taps",
            type=int,
            metavar="N",
            help=f"How many; live {LIVE_TAPS} (0: until Ctrl-C), of a backlog all.",
        )
        parser.add_argument(
            "--day",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="The day of a backlog; by default the last school day before today.",
        )
        parser.add_argument(
            "--reorder", action="store_true", help="Upload a backlog in no order at all."
        )
        parser.add_argument(
            "--patience",
            type=float,
            default=60.0,
            metavar="SECONDS",
            help="End after failing for so long; a real reader never would. 60 by default.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["reorder"] and not options["backlog"]:
            raise CommandError("--reorder is about a --backlog.")
        if options["login"] and not options["week"]:
            raise CommandError("--login is about a --week.")
        with _needing_the_database():
            simulation = Simulation(self._scenario(options))
            if options["login"]:
                self._set_rules(simulation, options)
            with self._key(options) as key:
                reader = self._reader(simulation, key, options)
                self._run(simulation, reader, options)
        for line in reader.tally.lines():
            self.stdout.write(line)
        if not reader.tally.is_complete:
            raise CommandError("Not every event got a 2xx answer.")

    def _scenario(self, options: dict[str, Any]) -> Scenario:
        number_format = NumberFormat(options["format"])
        taps = options["taps"]
        if not (options["backlog"] or options["week"]):
            taps = LIVE_TAPS if taps is None else taps or None
        return Scenario(
            cardholders=self._cardholders(options["cards"], number_format),
            number_format=number_format,
            is_kitchen=options["kitchen"],
            taps=taps,
            shares=Shares(**{name: options[name] for name in TROUBLES}),
            seed=options["seed"],
        )

    def _cardholders(self, file: Path | None, number_format: NumberFormat) -> list[Cardholder]:
        try:
            everybody = (
                listed_cardholders(file.read_text().splitlines())
                if file
                else enrolled_cardholders()
            )
        except OSError as error:
            raise CommandError(str(error)) from error
        cardholders = [one for one in everybody if is_spelled(one, number_format)]
        if left_out := len(everybody) - len(cardholders):
            self.stdout.write(f"{left_out} cards have no number that {number_format} can spell.")
        if not cardholders:
            raise CommandError("There is no card to tap with.")
        return cardholders

    @contextmanager
    def _key(self, options: dict[str, Any]) -> Iterator[str]:
        if options["key"]:
            yield options["key"]
            return
        if not settings.DEMO_ENABLED:
            raise CommandError(f"Give the reader's key: --key or {KEY_VARIABLE}.")
        activity = Activity.FOOD_SERVICE if options["kitchen"] else Activity.ATTENDANCE
        with borrowed_reader(activity, NumberFormat(options["format"])) as (device, key):
            self.stdout.write(f"Posting as {device.name}, a reader that is on for this run only.")
            yield key

    def _set_rules(self, simulation: Simulation, options: dict[str, Any]) -> None:
        name, _, password = options["login"].partition(":")
        door = HttpLink(options["url"], "")
        try:
            login = door.post("/api/token/", {"username": name, "password": password})
            if login.status != 200:
                raise CommandError(f"This is no administrator's login. {reason_of(login)}")
            office = HttpLink(options["url"], login.body["access"], scheme="Bearer", timeout=60)
            audiences = audiences_of(simulation.scenario.cardholders, options["seed"])
            for path, body in rules_of(last_monday(timezone.localdate()), audiences):
                reply = office.post(path, body)
                if reply.status != 201:
                    raise CommandError(f"{body['name']}: {reason_of(reply)}")
                self.stdout.write(f"Set the rule {body['name']}.")
            office.close()
        except NO_ANSWER as error:
            raise CommandError(f"No answer from the server: {error}") from error
        finally:
            door.close()

    def _reader(self, simulation: Simulation, key: str, options: dict[str, Any]) -> SimulatedReader:
        is_watched = not (options["fast"] or options["backlog"] or options["week"])
        return SimulatedReader(
            HttpLink(options["url"], key),
            patience=options["patience"],
            loses_reply=simulation.trouble.loses_reply,
            show=self._show if options["verbosity"] > (0 if is_watched else 1) else None,
        )

    def _run(
        self, simulation: Simulation, reader: SimulatedReader, options: dict[str, Any]
    ) -> None:
        try:
            self._take_taps(simulation, reader, options)
        except KeyboardInterrupt:
            self.stdout.write("Ended by Ctrl-C.")
            self._empty_queue(reader)
        except Stopped as error:
            reader.tally.stopped = str(error)
        finally:
            reader.tally.waiting = len(reader.queue)
            reader.link.close()

    def _take_taps(
        self, simulation: Simulation, reader: SimulatedReader, options: dict[str, Any]
    ) -> None:
        if options["backlog"]:
            now = timezone.localtime()
            day = options["day"] or last_school_day(now.date())
            reader.keep(*simulation.day(day, now=now, reorder=options["reorder"]))
            reader.run()
        elif options["week"]:
            monday = last_monday(timezone.localdate())
            cast = cast_of(simulation.scenario.cardholders, options["seed"])
            events = simulation.week(cast, monday)[: options["taps"]]
            reader.keep(*events)
            reader.run()
            for event in events:
                if event.is_annulled:
                    reader.take_back(event)
        elif options["fast"]:
            reader.run(simulation.live())
        else:
            reader.run(simulation.live(), lambda: simulation.pause(options["rate"]))

    def _empty_queue(self, reader: SimulatedReader) -> None:
        """What it was interrupted at is still sent, unless the server is away."""
        if reader.failing_since is None:
            with suppress(KeyboardInterrupt, Stopped):
                reader.run()

    def _show(self, event: SimulatedEvent, answer: dict[str, Any]) -> None:
        """The reader's display."""
        holder, day, meal = (answer.get(name) or {} for name in ("holder", "attendance", "meal"))
        words = (
            f"{timezone.localtime():%H:%M:%S}",
            event.tap["card"],
            answer.get("decision") or "DROPPED",
            answer.get("code") or answer["message"],
            holder.get("full_name"),
            day.get("status"),
            meal.get("food_item"),
        )
        self.stdout.write("  ".join(str(word) for word in words if word))


@contextmanager
def _needing_the_database() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        message = f"The database is not at hand: give --key and --cards. {error}"
        raise CommandError(message) from error
