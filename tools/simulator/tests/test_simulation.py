"""A simulated reader: a believable day, trouble on request, and nothing lost or told twice."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from random import Random
from statistics import median
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient

from accounts.models import User
from attendance.models import Attendance, Schedule
from cards.number_formats import NumberFormat, read_number
from cards.tests.factories import make_card, make_guard, make_student
from conftest import PASSWORD
from people.kinds import Rhythm
from pos.models import Activity, Device, Heartbeat, Tap
from pos.services import register_device
from pos.tests.factories import make_reader
from tools.simulator.cardholders import audiences_of, cast_of
from tools.simulator.events import SimulatedEvent, event_ids
from tools.simulator.link import HttpLink, Reply, ReplyLost, address
from tools.simulator.own_reader import borrowed_reader
from tools.simulator.reader import BATCH, HEARTBEAT, TAPS, Clock, SimulatedReader, Stopped
from tools.simulator.scenario import Scenario, Simulation, last_monday, last_school_day
from tools.simulator.school_day import BREAKFAST, LUNCH, Cardholder, PlannedTap, school_day
from tools.simulator.trouble import Shares, Trouble

ZONE = ZoneInfo("Africa/Dar_es_Salaam")
WEDNESDAY, SATURDAY = date(2024, 3, 13), date(2024, 3, 16)
STUDENTS = [Cardholder(f"DIT/{n}", f"RF{n:09}") for n in range(300)]


def planned(day: date = WEDNESDAY, cardholders: list[Cardholder] = STUDENTS) -> list[PlannedTap]:
    return school_day(cardholders, day, seed=1, zone=ZONE)


def arrivals(taps: list[PlannedTap]) -> dict[str, float]:
    """The minute of the day at which each card first came in."""
    came: dict[str, float] = {}
    for tap in taps:
        if tap.direction == "in":
            came.setdefault(tap.card, tap.at.hour * 60 + tap.at.minute)
    return came


# --- a day ------------------------------------------------------------------------------------


def test_most_students_come_around_half_past_seven_some_late_some_never() -> None:
    came = arrivals(planned())
    late = [minute for minute in came.values() if minute > 8 * 60]
    assert 260 < len(came) < 300
    assert abs(median(came.values()) - (7 * 60 + 30)) < 5
    assert 8 < len(late) < 45


def test_meals_are_eaten_while_the_hatch_is_open_by_those_who_came() -> None:
    taps = planned()
    meals = [tap for tap in taps if tap.place.is_kitchen]
    assert {tap.card for tap in meals} <= arrivals(taps).keys()
    assert "Ugali na maharage" in {tap.food_item for tap in meals}
    minutes = [tap.at.hour * 60 + tap.at.minute for tap in meals]
    for begins, ends in (BREAKFAST, LUNCH):
        assert sum(begins <= minute < ends for minute in minutes) > 80


def test_some_tap_twice_and_some_leave_at_noon() -> None:
    taps = planned()
    passed = Counter((tap.card, tap.direction, tap.at.hour) for tap in taps if tap.direction)
    assert max(passed.values()) > 1
    assert sum(tap.direction == "out" and tap.at.hour == 12 for tap in taps) > 10


def test_on_a_weekend_or_holiday_there_is_almost_nobody() -> None:
    holiday = school_day(STUDENTS, WEDNESDAY, seed=1, zone=ZONE, is_holiday=True)
    assert len(arrivals(planned(SATURDAY))) < 30
    assert len(arrivals(holiday)) < 30


def test_guards_come_by_shifts_also_at_night_and_on_weekends() -> None:
    guards = [Cardholder(f"SEC/{n}", f"RF{n:09}", Rhythm.SHIFTS) for n in range(40)]
    hours = Counter(tap.at.hour for tap in planned(WEDNESDAY, guards) if tap.direction == "in")
    assert set(hours) == {5, 17} or set(hours) == {5, 6, 17}
    assert 10 < len(arrivals(planned(SATURDAY, guards))) < 30


def test_a_day_is_the_same_each_time_and_one_more_person_changes_nobody_else() -> None:
    taps = planned()
    more = planned(cardholders=[Cardholder("new", "RF999999999"), *STUDENTS])
    assert planned() == taps
    assert [tap for tap in more if tap.card != "RF999999999"] == taps
    assert school_day(STUDENTS, WEDNESDAY, seed=2, zone=ZONE) != taps


def test_the_last_school_day_is_never_on_a_weekend() -> None:
    days = {last_school_day(WEDNESDAY + timedelta(days=n)) for n in range(7)}
    assert {day.isoweekday() for day in days} == {1, 2, 3, 4, 5}


# --- trouble ----------------------------------------------------------------------------------


def spoiled(shares: Shares, number_format: NumberFormat, at: datetime) -> dict[str, Any]:
    tap = {"card": "RF000000001", "tapped_at": at.isoformat()}
    return Trouble(shares, Random(1), number_format).spoil(tap, at)  # noqa: S311


@pytest.mark.parametrize("number_format", NumberFormat)
def test_cards_nobody_knows_are_numbers_and_misread_ones_are_not(
    number_format: NumberFormat,
) -> None:
    at = datetime(2024, 3, 13, 7, 30, tzinfo=ZONE)
    for shares, is_number in ((Shares(unknown=1), True), (Shares(bad=1), False)):
        card = spoiled(shares, number_format, at)["card"]
        try:
            read_number(card, number_format)
        except ValueError:
            assert not is_number
        else:
            assert is_number


def test_a_clock_jumps_far_or_by_some_minutes() -> None:
    at = datetime(2024, 2, 29, 7, 30, tzinfo=ZONE)
    trouble = Trouble(Shares(clock_jumps=1), Random(1), NumberFormat.HEX)  # noqa: S311
    told = [trouble.spoil({}, at)["tapped_at"] for _ in range(30)]
    assert {moment[:4] for moment in told} == {"1970", "2024", "2099"}


def test_event_ids_of_two_starts_never_meet() -> None:
    first, second = event_ids(), event_ids()
    ids = {next(source) for source in (first, second) for _ in range(50)}
    assert len(ids) == 100
    assert all(len(event_id) <= 64 for event_id in ids)


# --- a reader with a server that does as it is told -------------------------------------------


class Script:
    """A server that gives these answers in turn, then good ones; what was asked is in `asked`."""

    def __init__(self, *replies: Reply | Exception) -> None:
        self.replies = list(replies)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def post(self, path: str, body: dict[str, Any], *, lose_reply: bool = False) -> Reply:
        if path == HEARTBEAT:
            return Reply(200, {"server_time": "now"})
        self.asked.append((path, body))
        reply = self.replies.pop(0) if self.replies else good(body)
        if isinstance(reply, Exception):
            raise reply
        if lose_reply:
            raise ReplyLost
        return reply

    def close(self) -> None: ...


def good(body: dict[str, Any]) -> Reply:
    answer = {"decision": "accepted", "code": "ok", "server_time": "now", "status": "created"}
    if "taps" in body:
        return Reply(200, {"results": [answer for _ in body["taps"]]})
    del answer["status"]
    return Reply(201, answer)


class FakeTime:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.slept.append(seconds)

    def clock(self) -> Clock:
        start = datetime(2024, 3, 13, 4, 30, tzinfo=UTC)
        return Clock(lambda: self.seconds, self.sleep, lambda: start)


def reader_at(link: Any, time: FakeTime | None = None, **options: Any) -> SimulatedReader:
    return SimulatedReader(link, clock=(time or FakeTime()).clock(), **options)


def taps(number: int) -> Iterator[SimulatedEvent]:
    return (SimulatedEvent(f"e{n}", {"card": f"RF{n:09}"}) for n in range(number))


@pytest.mark.parametrize(
    "trouble",
    [
        ConnectionResetError(),
        TimeoutError(),
        Reply(500),
        Reply(502),
        Reply(503, {"detail": "away"}, "1"),
        Reply(429, {}, "1"),
        Reply(200),  # the sign-in page of a guest network
    ],
)
def test_after_trouble_the_same_event_is_sent_again(trouble: Reply | Exception) -> None:
    server = Script(trouble)
    reader = reader_at(server)
    reader.run(taps(2))
    ids = [body["event_id"] for _, body in server.asked]
    assert ids == ["e0", "e0", "e1"]
    assert server.asked[0] == server.asked[1]
    assert (reader.tally.retries, reader.tally.is_complete) == (1, True)


def test_a_reply_that_is_lost_is_asked_for_again() -> None:
    server = Script()
    losses = iter([True, False, False])
    reader = reader_at(server, loses_reply=lambda: next(losses))
    reader.run(taps(2))
    assert [body["event_id"] for _, body in server.asked] == ["e0", "e0", "e1"]
    assert reader.tally.is_complete


def test_it_waits_as_long_as_the_server_says() -> None:
    time = FakeTime()
    reader_at(Script(Reply(503, {}, "7")), time).run(taps(1))
    assert time.slept == [7.0]


def test_without_a_word_from_the_server_it_waits_longer_each_time() -> None:
    time = FakeTime()
    reader_at(Script(*[ConnectionRefusedError()] * 6), time).run(taps(1))
    limits = (0.5, 1, 2, 4, 8, 16)
    assert all(limit / 2 <= slept <= limit for slept, limit in zip(time.slept, limits, strict=True))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"card": ["Enter 1 to 200 characters."], "detail": "No."}),
        (409, {"code": "event_conflict", "detail": "No."}),
    ],
)
def test_what_is_refused_for_good_is_dropped_and_reported(
    status: int, body: dict[str, Any]
) -> None:
    reader = reader_at(Script(Reply(status, body)))
    reader.run(taps(2))
    assert reader.tally.dropped == {f"{status}: No.": 1}
    assert reader.tally.answered == 1
    assert not reader.tally.is_complete


@pytest.mark.parametrize(
    "status", [302, 400, 401, 403, 404, 405, 406, 407, 409, 410, 411, 413, 415, 421, 422, 431, 451]
)
@pytest.mark.parametrize("body", [{}, {"error": "No.", "detail": "No.", "code": "bad_request"}])
def test_what_is_not_about_the_tap_stops_it_and_the_queue_is_kept(
    status: int, body: dict[str, Any]
) -> None:
    reader = reader_at(Script(Reply(status, body)))
    reader.keep(*taps(1))
    with pytest.raises(Stopped):
        reader.run()
    assert len(reader.queue) == 1


def test_taps_of_an_outage_are_kept_and_uploaded_together_as_offline() -> None:
    server, time = Script(*[ConnectionRefusedError()] * 5), FakeTime()
    reader = reader_at(server, time)
    reader.run(taps(20), lambda: 1.0)
    path, body = server.asked[5]
    assert path == BATCH
    assert {tap["event_id"] for tap in body["taps"] if tap["offline"]} >= {"e0", "e1", "e2"}
    assert server.asked[-1][0] == TAPS
    assert not server.asked[-1][1]["offline"]
    assert reader.tally.answered == 20


def test_a_backlog_goes_in_batches_and_in_smaller_ones_if_they_are_too_large() -> None:
    server = Script(Reply(413))
    reader = reader_at(server)
    reader.keep(*taps(1200))
    reader.run()
    assert [len(body["taps"]) for _, body in server.asked] == [500, 250, 250, 250, 250, 200]
    assert reader.tally.is_complete


def test_one_bad_item_of_a_batch_is_dropped_alone() -> None:
    answers = good({"taps": [1, 2, 3]}).body["results"]
    bad = {"status": "rejected", "errors": {"card": ["No text."]}}
    reader = reader_at(Script(Reply(200, {"results": [answers[0], bad, answers[2]]})))
    reader.keep(*taps(3))
    reader.run()
    assert (reader.tally.answered, reader.tally.dropped.total()) == (2, 1)


def test_the_simulation_gives_up_when_nobody_answers() -> None:
    reader = reader_at(Script(*[TimeoutError()] * 99), patience=60)
    with pytest.raises(Stopped, match="No answer for 60 s"):
        reader.run(taps(1))
    assert len(reader.queue) == 1


# --- over a wire ------------------------------------------------------------------------------


class Hatch(BaseHTTPRequestHandler):
    """Answers with what it was sent, and with the port that it came from."""

    protocol_version = "HTTP/1.1"
    closes_silently = False
    seen: list[Any]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).seen.append(body)
        port = self.client_address[1]
        answer = json.dumps({"server_time": self.headers["Authorization"], "port": port}).encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.close_connection = self.closes_silently

    def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


@pytest.fixture
def hatch() -> Iterator[tuple[type[Hatch], HttpLink]]:
    handler = type("SomeHatch", (Hatch,), {"seen": []})
    with QuietServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        with closing(HttpLink(address(f"http://127.0.0.1:{server.server_port}"), "k")) as link:
            yield handler, link
        server.shutdown()
        thread.join()


def test_one_connection_is_kept_and_carries_the_key(hatch: tuple[type[Hatch], HttpLink]) -> None:
    _, link = hatch
    first, second = link.post("/a", {}), link.post("/b", {"n": 1})
    assert first.body == second.body
    assert first.body["server_time"] == "Device k"


def test_a_connection_that_the_server_closed_is_opened_again(
    hatch: tuple[type[Hatch], HttpLink],
) -> None:
    handler, link = hatch
    handler.closes_silently = True
    ports = {link.post("/", {"n": n}).body["port"] for n in range(3)}
    assert len(ports) == 3
    assert handler.seen == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_a_lost_reply_was_sent_all_the_same(hatch: tuple[type[Hatch], HttpLink]) -> None:
    handler, link = hatch
    with pytest.raises(ReplyLost):
        link.post("/", {"n": 1}, lose_reply=True)
    assert link.post("/", {"n": 2}).status == 201
    assert {"n": 2} in handler.seen


@pytest.mark.parametrize("url", ["nonsense", "127.0.0.1:8000", "ftp://host"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=url):
        address(url)


# --- against TrackXpert -----------------------------------------------------------------------


class InProcess:
    """A wire to this TrackXpert."""

    def __init__(self, client: APIClient) -> None:
        self.client = client

    def post(self, path: str, body: dict[str, Any], *, lose_reply: bool = False) -> Reply:
        response = self.client.post(path, body)
        if lose_reply:
            raise ReplyLost
        return Reply(response.status_code, response.json())

    def close(self) -> None: ...


def upload(cards: list[str], shares: Shares, *, reorder: bool) -> tuple[Device, SimulatedReader]:
    device, client = make_reader()
    people = [Cardholder(f"person {number}", card) for number, card in enumerate(cards)]
    simulation = Simulation(Scenario(people, shares=shares))
    now = datetime.now(ZONE)
    reader = reader_at(InProcess(client), batch_size=2, loses_reply=simulation.trouble.loses_reply)
    reader.keep(*simulation.day(last_school_day(now.date()), now=now, reorder=reorder))
    reader.run()
    return device, reader


def days() -> list[Any]:
    fields = ("person", "date", "status", "attendance_time", "left_at")
    return list(Attendance.objects.order_by("person", "date").values_list(*fields))


@pytest.mark.django_db
def test_a_day_uploaded_through_every_trouble_is_recorded_once_and_comes_out_the_same() -> None:
    cards = [make_card().rfid_number for _ in range(12)]
    _, calm = upload(cards, Shares(), reorder=False)
    as_it_was = days()
    assert len(as_it_was) > 6
    Attendance.objects.all().delete()
    troubles = Shares(duplicates=0.3, lost_replies=0.4)
    device, reader = upload(cards, troubles, reorder=True)
    assert days() == as_it_was
    assert device.taps.count() == calm.tally.made
    assert reader.tally.is_complete
    assert reader.tally.replayed > reader.tally.made - calm.tally.made > 0


@pytest.mark.django_db
def test_trouble_with_cards_and_clocks_is_answered_not_lost() -> None:
    cards = [make_card().rfid_number for _ in range(12)]
    troubles = Shares(unknown=0.2, bad=0.2, clock_jumps=0.3)
    device, reader = upload(cards, troubles, reorder=False)
    assert reader.tally.is_complete
    assert reader.tally.accepted["unknown_card"] == device.taps.filter(code="unknown_card").count()
    assert reader.tally.accepted["bad_number"] > 0
    assert 0 < reader.tally.clock_suspect == device.taps.filter(is_clock_suspect=True).count()


@pytest.mark.django_db
def test_it_says_how_many_taps_wait_in_it() -> None:
    device, client = make_reader()
    reader = reader_at(InProcess(client))
    reader.keep(*taps(3))
    reader._heartbeat()
    assert Heartbeat.objects.get(device=device).queue_depth == 3


@pytest.mark.django_db
def test_a_reader_that_is_registered_for_a_run_is_switched_off_after_it() -> None:
    with (
        borrowed_reader(Activity.ATTENDANCE, NumberFormat.HEX) as (device, _),
        borrowed_reader(Activity.ATTENDANCE, NumberFormat.HEX) as (other, _),
    ):
        assert device != other
        assert device.is_active
    assert not Device.objects.filter(is_active=True).exists()
    with borrowed_reader(Activity.ATTENDANCE, NumberFormat.W34) as (again, key):
        assert again in (device, other)
        assert Device.objects.get(pk=again.pk).number_format == "w34"
        assert key.startswith("txr_")
    assert Device.objects.count() == 2


def simulate(**options: Any) -> str:
    out = StringIO()
    call_command("simulate_reader", stdout=out, **{"fast": True, "patience": 5.0, **options})
    return out.getvalue()


@pytest.mark.product
@pytest.mark.django_db(transaction=True)
def test_the_command_taps_at_a_running_server(live_server: LiveServer, tmp_path: Path) -> None:
    device, key = register_device(
        by=None, name="Gate", location="Gate", activity_type=Activity.ATTENDANCE
    )
    cards = tmp_path / "cards.txt"
    cards.write_text(f"{make_card().rfid_number}  # the first\n\n{make_card().rfid_number}\n")
    options = {"url": address(live_server.url), "key": key, "cards": cards}
    said = simulate(**options, taps=9, duplicates=0.3, unknown=0.2)
    assert Tap.objects.filter(device=device).count() == 9
    assert "conflicts    0" in said
    assert Heartbeat.objects.get(device=device).queue_depth == 0
    with pytest.raises(CommandError, match="Not every event"):
        simulate(**options, taps=2, malformed=1.0)


@pytest.mark.product
@pytest.mark.django_db(transaction=True)
def test_the_command_uploads_a_week_with_its_rules(
    live_server: LiveServer, make_user: Callable[..., User]
) -> None:
    make_user("administrator")
    _, key = register_device(
        by=None, name="Gate", location="Gate", activity_type=Activity.ATTENDANCE
    )
    for number in range(4):
        make_card(make_student(class_code=f"C{number}"))
    for _ in range(16):  # it is chance who of them works by night
        make_card(make_guard())
    options = {"url": address(live_server.url), "key": key, "week": True, "fast": False}
    said = simulate(**options, login=f"administrator:{PASSWORD}")
    assert "Set the rule Guards at night." in said
    assert "Set the rule Founders' Day." in said
    monday = last_monday(datetime.now(ZONE).date())
    assert Schedule.objects.get(name="Guards at night").valid_from == monday
    first = Tap.objects.earliest("counted_at").counted_at
    assert first
    assert monday <= first.astimezone(ZONE).date() < monday + timedelta(days=7)
    assert Attendance.objects.filter(minutes_on_site__gt=600).exists()
    said = simulate(**options)
    assert "conflicts    0" in said
    with pytest.raises(CommandError, match="no administrator's login"):
        simulate(**options, login="administrator:wrong")


@pytest.mark.django_db
def test_a_tap_is_taken_back_once_it_is_answered() -> None:
    device, client = make_reader()
    reader = reader_at(InProcess(client))
    event = SimulatedEvent("e1", {"card": make_card().rfid_number})
    reader.run([event])
    assert Attendance.objects.exists()
    reader.take_back(event)
    assert device.taps.get().is_annulled
    assert not Attendance.objects.exists()
    assert "taken back   1" in [*reader.tally.lines()]


def test_a_class_has_the_same_hours_in_a_week() -> None:
    people = [Cardholder(f"p{n}", f"RF{n:09}", class_code=f"C{n % 5}") for n in range(50)]
    roles = {
        (one.class_code, each.role) for one, each in zip(people, cast_of(people, 1), strict=True)
    }
    assert len(roles) == 5
    named = [code for said in audiences_of(people, 1).values() for code in said["class_codes"]]
    assert sorted(named) == [f"C{n}" for n in range(5)]


def test_without_a_key_and_a_demo_it_asks_for_one(settings: Settings, tmp_path: Path) -> None:
    settings.DEMO_ENABLED = False
    cards = tmp_path / "cards.txt"
    cards.write_text("RF123456789")
    with pytest.raises(CommandError, match="Give the reader's key"):
        simulate(cards=cards, key="")


def test_cards_that_the_format_cannot_spell_are_left_out(tmp_path: Path) -> None:
    cards = tmp_path / "cards.txt"
    cards.write_text("04A32B1C5D6E7F\n")
    with pytest.raises(CommandError, match="no card to tap with"):
        simulate(cards=cards, key="k", format="8h10d")
