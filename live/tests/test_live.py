"""The live feed (contract section 10): what was committed, when it is, to whom it may concern."""

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient

from accounts.models import TokenFamily, User
from accounts.roles import Capability
from accounts.services import change_password
from accounts.signed_in import SignedIn, still_signed_in
from accounts.tests.races import PATIENCE
from accounts.tokens import issue_tokens
from attendance.closing import close_day
from attendance.models import Attendance
from attendance.tests.saying import correct_day
from cards.tests.factories import make_card, make_member, make_student
from conftest import OWN_CLASS, PASSWORD
from live.events import LiveEvent, events_between
from live.feed import Batch, Subscription, feed
from live.stream import EventStream
from outbox.positions import current_position
from pos.tests.factories import all_day_period, make_hatch, make_reader

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/live/"
CHIP = "04A32B1C"


@pytest.fixture(autouse=True)
def _quick(settings: Settings) -> Iterator[None]:
    settings.LIVE_KEEP_ALIVE_SECONDS = 0.3
    yield
    assert not feed.subscriptions, "a stream was not closed"


class Stream:
    """A client of the feed over real HTTP."""

    def __init__(self, server: LiveServer, user: User, last_position: str = "") -> None:
        host, _, port = server.url.removeprefix("http://").partition(":")
        self.link = HTTPConnection(host, int(port), timeout=PATIENCE)
        headers = {
            "Authorization": f"Bearer {issue_tokens(user=user)['access']}",
            "Accept": "text/event-stream",
        }
        if last_position:
            headers["Last-Event-ID"] = last_position
        self.link.request("GET", URL, headers=headers)
        self.response: HTTPResponse = self.link.getresponse()
        self.position = ""

    def messages(self) -> Iterator[tuple[str, Any]]:
        """Events as a browser dispatches them; remembers the last id."""
        fields: dict[str, str] = {}
        heard_of = time.monotonic()
        for raw in self.response:
            if time.monotonic() > heard_of + PATIENCE:  # each line that keeps it open is an answer
                raise TimeoutError
            line = raw.decode().rstrip("\n")
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                continue
            self.position = fields.get("id", self.position)
            if "data" in fields:
                heard_of = time.monotonic()
                yield fields.get("event", "message"), json.loads(fields["data"])
            fields = {}

    def next(self, kind: str) -> Any:
        return next(data for event, data in self.messages() if event == kind)

    def close(self) -> None:
        self.response.close()
        self.link.close()


@pytest.fixture
def stream(
    live_server: LiveServer, make_user: Callable[..., User]
) -> Iterator[Callable[..., Stream]]:
    """`stream("kitchen_admin")`: an open stream of that role, past its greeting."""
    opened: list[Stream] = []

    def start(role: str = "administrator", last_position: str = "") -> Stream:
        user = User.objects.filter(username=role).first() or make_user(role)
        one = Stream(live_server, user, last_position)
        opened.append(one)
        assert one.response.status == 200
        if not last_position:
            one.next("hello")
        return one

    yield start
    for one in opened:
        one.close()
    _until(lambda: not feed.subscriptions)


def _user(name: str) -> User:
    return User.objects.get(username=name)


def _until(condition: Callable[[], bool]) -> None:
    deadline = threading.Event()
    for _ in range(int(PATIENCE / 0.05)):
        if condition():
            return
        deadline.wait(0.05)
    raise AssertionError("it never came")


def test_a_tap_arrives_when_it_is_committed(stream: Callable[..., Stream]) -> None:
    student = make_card(rfid_number=CHIP).person
    device, reader = make_reader(name="North gate")
    one = stream()
    reader.post("/api/pos/taps/", {"card": CHIP})
    tap = one.next("tap")
    assert tap["holder"]["full_name"] == student.full_name
    assert tap["reader"] == {"pos_id": str(device.pk), "name": "North gate"}
    assert (tap["decision"], tap["code"]) == ("accepted", "ok")


def test_a_denied_tap_arrives_as_well(stream: Callable[..., Stream]) -> None:
    _, reader = make_reader()
    one = stream()
    reader.post("/api/pos/taps/", {"card": "04A32B1D"})
    assert one.next("tap")["code"] == "unknown_card"


def test_what_was_rolled_back_is_never_told(stream: Callable[..., Stream]) -> None:
    make_card(rfid_number=CHIP)
    _, reader = make_reader()
    one = stream()
    with transaction.atomic():
        reader.post("/api/pos/taps/", {"card": CHIP, "event_id": "undone"})
        transaction.set_rollback(True)
    reader.post("/api/pos/taps/", {"card": "04A32B1D", "event_id": "kept"})
    assert one.next("tap")["code"] == "unknown_card"


def test_each_role_is_told_what_it_may_read(stream: Callable[..., Stream]) -> None:
    make_card(rfid_number=CHIP)
    all_day_period()
    kitchen, attendance = stream("kitchen_admin"), stream("attendance_admin")
    make_reader()[1].post("/api/pos/taps/", {"card": CHIP})
    make_hatch()[1].post("/api/pos/taps/", {"card": CHIP})
    assert kitchen.next("tap")["activity"] == "food_service"
    assert attendance.next("tap")["activity"] == "attendance"


def test_corrections_and_closings_are_told(stream: Callable[..., Stream]) -> None:
    make_card(rfid_number=CHIP)
    make_reader()[1].post("/api/pos/taps/", {"card": CHIP})
    one = stream("attendance_admin")
    record = Attendance.objects.get()
    correct_day(record=record, status="Excused", reason="Ill", by=_user("attendance_admin"))
    assert one.next("day_corrected")["status"] == "Excused"
    close_day(day=timezone.localdate(), by=None)
    assert one.next("day_closed")["date"] == timezone.localdate().isoformat()


def test_a_line_that_broke_is_resumed_where_it_was(stream: Callable[..., Stream]) -> None:
    make_card(rfid_number=CHIP)
    _, reader = make_reader()
    first = stream()
    reader.post("/api/pos/taps/", {"card": CHIP, "event_id": "1"})
    before = first.next("tap")["tap_id"]
    first.close()
    for number in (2, 3):
        reader.post("/api/pos/taps/", {"card": CHIP, "event_id": str(number)})
    again = stream(last_position=first.position)
    seen = [again.next("tap")["tap_id"], again.next("tap")["tap_id"]]
    assert seen == [before + 1, before + 2]


def test_a_commit_that_was_overtaken_is_not_lost() -> None:
    """Keys are given before the commit: the first of two transactions commits last."""
    make_card(rfid_number=CHIP)
    _, slow = make_reader()
    _, quick = make_reader()
    start = current_position()
    written, overtaken = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                slow.post("/api/pos/taps/", {"card": "04A32B1E", "event_id": "slow"})
                written.set()
                assert overtaken.wait(PATIENCE)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert written.wait(PATIENCE)
    quick.post("/api/pos/taps/", {"card": "04A32B1F", "event_id": "quick"})
    between = current_position()
    first = [event.payload["tap_id"] for event in events_between(start, between)]
    overtaken.set()
    thread.join()
    second = [e.payload["tap_id"] for e in events_between(between, current_position())]
    assert len(first) == len(second) == 1
    assert second[0] < first[0], "the control: a question by key would have missed it"


OUT: dict[str, Callable[[User], object]] = {
    "switched off": lambda user: User.objects.update(is_active=False),
    "demoted": lambda user: User.objects.update(role="kitchen_admin"),
    "promoted": lambda user: User.objects.update(role="administrator"),
    "new password": lambda user: change_password(user=user, password="another-horse-battery"),
    "deleted": lambda user: (TokenFamily.objects.all().delete(), user.delete()),
    "family ended": lambda user: TokenFamily.objects.get().end(was_copied=False),
}


@pytest.mark.parametrize("put_out", OUT.values(), ids=OUT)
def test_whoever_is_put_out_is_told_nothing_more_and_within_five_seconds(
    stream: Callable[..., Stream], put_out: Callable[[User], object]
) -> None:
    one = stream("attendance_admin")
    began = time.monotonic()
    put_out(_user("attendance_admin"))
    make_reader()[1].post("/api/pos/taps/", {"card": CHIP})  # at once: no look came in between
    assert list(one.messages()) == []
    assert time.monotonic() - began < 5


def test_without_the_look_whoever_was_put_out_would_be_told(
    stream: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.feed.still_signed_in", set)
    one = stream("attendance_admin")
    User.objects.update(is_active=True, role="kitchen_admin")
    make_reader()[1].post("/api/pos/taps/", {"card": CHIP})
    assert one.next("tap")["code"] == "unknown_card"


def test_a_stream_ends_within_five_seconds_though_nothing_happens(
    stream: Callable[..., Stream],
) -> None:
    one, other = stream("attendance_admin"), stream("kitchen_admin")
    began = time.monotonic()
    User.objects.filter(username="attendance_admin").update(is_active=False)
    assert list(one.messages()) == []
    assert time.monotonic() - began < 5
    make_hatch()[1].post("/api/pos/taps/", {"card": CHIP})
    assert other.next("tap")["activity"] == "food_service"


def test_what_still_waits_is_told_nobody_who_is_out(make_user: Callable[..., User]) -> None:
    """A client that reads slowly, or not for a while."""
    waiting = Subscription(SignedIn(make_user("administrator")), current_position())
    told = iter(EventStream(waiting))
    assert b"retry" in next(told)
    assert b"hello" in next(told)
    event = LiveEvent("tap", Capability.READ_ATTENDANCE, {"holder": "Kipanga"})
    waiting.batches.put(Batch(None, (event,)))
    assert b"Kipanga" in next(told)
    waiting.batches.put(Batch(None, (event,)))
    waiting.end()
    assert list(told) == []


def test_a_busy_school_does_not_silence_whom_it_tells_nothing(
    make_user: Callable[..., User],
) -> None:
    """Proxies cut a line that is silent, and only who writes finds that the other end is gone."""
    busy = Subscription(SignedIn(make_user("kitchen_admin")), current_position())
    event = LiveEvent("tap", Capability.READ_ATTENDANCE, {"holder": "Kipanga"})
    quiet = threading.Event()

    def go_on() -> None:
        while not quiet.wait(0.02):  # far more often than it has to be heard
            busy.batches.put(Batch(None, (event,)))

    school = threading.Thread(target=go_on)
    school.start()
    told = list(itertools.islice(EventStream(busy), 4))
    quiet.set()
    school.join()
    assert [text.split(b"\n")[0] for text in told[2:]] == [b": keep-alive"] * 2


def test_a_browser_that_signs_out_ends_its_streams(make_user: Callable[..., User]) -> None:
    make_user("administrator")
    browser = APIClient()
    browser.login(username="administrator", password=PASSWORD)
    response: Any = browser.get(URL, HTTP_ACCEPT="text/event-stream")
    (subscription,) = feed.subscriptions
    assert still_signed_in([subscription.who]) == {subscription.who}
    browser.logout()
    assert still_signed_in([subscription.who]) == set()
    _until(lambda: subscription.is_over)
    response.close()


def test_one_query_asks_for_the_users_of_all_streams(
    make_user: Callable[..., User], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    users = [make_user(role) for role in ("administrator", "kitchen_admin", "leadership")]
    watchers = []
    for user in users:
        issue_tokens(user=user)
        watchers += [SignedIn(user, family=user.token_families.get().pk)] * 20
    with django_assert_num_queries(1):
        assert still_signed_in(watchers) == set(watchers)
    User.objects.filter(pk=users[1].pk).update(role="leadership")
    assert {each.user for each in still_signed_in(watchers)} == {users[0], users[2]}


def test_one_user_takes_no_more_than_their_streams(
    settings: Settings, stream: Callable[..., Stream], live_server: LiveServer
) -> None:
    assert settings.LIVE_STREAMS_PER_USER == 6
    settings.LIVE_STREAMS_PER_USER = 2
    first = stream("administrator")
    stream("administrator")
    full = Stream(live_server, _user("administrator"))
    body = json.loads(full.response.read())
    full.close()
    assert (full.response.status, body["code"]) == (503, "too_many_streams")
    assert full.response.headers["Retry-After"]
    stream("leadership")  # the control: there is room for others
    first.close()
    make_reader()[1].post("/api/pos/taps/", {"card": CHIP})  # which finds that it is gone
    _until(lambda: len(feed.subscriptions) == 2)
    stream("administrator")


def test_streams_are_capped_and_the_page_may_look_instead(
    settings: Settings,
    stream: Callable[..., Stream],
    live_server: LiveServer,
    administrator: APIClient,
) -> None:
    settings.LIVE_STREAMS_PER_PROCESS = 1
    stream()
    full = Stream(live_server, User.objects.get(username="administrator"))
    body = json.loads(full.response.read())
    full.close()
    assert (full.response.status, body["code"]) == (503, "too_many_streams")
    assert full.response.headers["Retry-After"]
    position = administrator.get(f"{URL}?since=").json()["position"]
    make_reader()[1].post("/api/pos/taps/", {"card": CHIP})
    looked = administrator.get(URL, {"since": position}).json()
    assert [event["event"] for event in looked["events"]] == ["tap"]
    assert administrator.get(URL, {"since": looked["position"]}).json()["events"] == []


def test_a_look_in_json_opens_no_stream(administrator: APIClient) -> None:
    answer = administrator.get(URL, HTTP_ACCEPT="application/json").json()
    assert answer["events"] == []
    assert not feed.subscriptions


def test_an_answer_that_nobody_reads_gives_its_place_back(administrator: APIClient) -> None:
    response = administrator.get(URL, HTTP_ACCEPT="text/event-stream")
    assert len(feed.subscriptions) == 1
    response.close()
    assert not feed.subscriptions


def test_a_mistake_of_ours_is_logged_and_ends_no_stream(
    stream: Callable[..., Stream], caplog: pytest.LogCaptureFixture
) -> None:
    one = stream()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE outbox_event RENAME TO mislaid")
        try:
            _until(lambda: "live feed" in caplog.text)
        finally:
            cursor.execute("ALTER TABLE mislaid RENAME TO outbox_event")
    assert "Traceback" in caplog.text
    make_reader()[1].post("/api/pos/taps/", {"card": CHIP})
    assert one.next("tap")["code"] == "unknown_card"


def test_nor_does_one_that_the_database_has_no_part_in(
    stream: Callable[..., Stream], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("live.feed.READER_SECONDS", None)
        one = stream()
        _until(lambda: "TypeError" in caplog.text)
    make_reader()[1].post("/api/pos/taps/", {"card": CHIP})
    assert one.next("tap")["code"] == "unknown_card"


@pytest.mark.parametrize("since", ["x", "1:2", "5:3:", "1:1:1:1", "9" * 30 + ":1:", "\x00"])
def test_what_is_no_position_is_a_400(since: str, administrator: APIClient) -> None:
    assert administrator.get(URL, {"since": since}).status_code == 400


def test_a_reader_that_falls_silent_is_told(
    stream: Callable[..., Stream], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.feed.READER_SECONDS", 0.1)
    settings.READER_SILENT_AFTER = timedelta(seconds=1)
    device, reader = make_reader(name="North gate")
    reader.post("/api/pos/heartbeat/", {"device_time": timezone.now().isoformat()})
    one = stream()
    assert one.next("reader_silent")["name"] == "North gate"
    reader.post("/api/pos/heartbeat/", {"device_time": timezone.now().isoformat()})
    assert one.next("reader_heard")["pos_id"] == str(device.pk)


# --- a class teacher ----------------------------------------------------------------------------


def test_a_class_teacher_is_told_of_their_own_classes_only(
    stream: Callable[..., Stream], caller: Callable[[str], APIClient]
) -> None:
    _, gate = make_reader()
    administrator = caller("administrator")
    mine = stream("class_teacher")
    after = current_position()
    for code, name in (("ME2024A", "Kipanga"), (OWN_CLASS.lower(), "Zawadi")):
        student = make_student(class_code=code, first_name=name)
        gate.post("/api/pos/taps/", {"card": make_card(student).rfid_number})
        incident = {"student": str(student.pk), "incident_description": name, "points_deducted": 3}
        administrator.post("/api/discipline/incidents/", incident)
        correction = {"status": "Excused", "reason": name}
        day = Attendance.objects.get(person=student)
        administrator.patch(f"/api/attendance/{day.pk}/", correction)
    gate.post("/api/pos/taps/", {"card": "AABBCCDD"})  # of nobody that is known
    gate.post("/api/pos/taps/", {"card": make_card(make_member()).rfid_number})
    close_day(day=timezone.localdate(), by=None)
    told: list[tuple[str, Any]] = []
    for kind, data in mine.messages():
        told.append((kind, data))
        if kind == "day_closed":
            break
    looked = caller("class_teacher").get(URL, {"since": after}).json()["events"]
    assert looked == [{"event": kind, "data": data} for kind, data in told]
    assert [kind for kind, _ in told] == ["tap", "incident", "day_corrected", "day_closed"]
    assert told[0][1]["holder"]["full_name"].startswith("Zawadi")
    assert told[1][1]["student"] == str(student.pk)
    assert told[2][1]["attendance_id"] == str(day.pk)


def test_a_stream_ends_when_its_teacher_gets_other_classes(
    stream: Callable[..., Stream],
) -> None:
    mine = stream("class_teacher")
    User.objects.filter(username="class_teacher").update(classes=["EV1"])
    assert list(mine.messages()) == []


def test_leadership_is_told_of_everybody_at_gates_and_hatches(
    caller: Callable[[str], APIClient],
) -> None:
    head = caller("leadership")
    after = current_position()
    _, gate = make_reader()
    _, hatch = make_hatch()
    all_day_period()
    card = make_card(make_student(class_code="ME2024A"))
    for reader in (gate, hatch):
        reader.post("/api/pos/taps/", {"card": card.rfid_number})
    events = head.get(URL, {"since": after}).json()["events"]
    assert [event["data"]["activity"] for event in events] == ["attendance", "food_service"]
