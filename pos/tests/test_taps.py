"""One tap over HTTP (contract section 8)."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from attendance.models import Attendance
from attendance.tests.factories import make_nights
from cards import services
from cards.tests.factories import make_card, make_guard, make_member, make_student
from kitchen.models import KitchenService
from pos.models import ConflictingTap, Device, Tap
from pos.services import roll_key
from pos.tests.factories import all_day_period, make_hatch, make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

URL = "/api/pos/taps/"
CHIP = "04A32B1C"
CAMPUS = ZoneInfo("Africa/Dar_es_Salaam")


@pytest.fixture
def gate() -> APIClient:
    return make_reader()[1]


@pytest.fixture
def hatch() -> APIClient:
    all_day_period()
    return make_hatch()[1]


_events = count(1)


def tap(reader: APIClient, card: str = CHIP, **fields: Any) -> Any:
    """A tap with an event id of its own, unless the test gives one."""
    return reader.post(URL, {"card": card, "event_id": f"tap-{next(_events)}", **fields})


def test_an_accepted_tap_says_what_the_contract_says(gate: APIClient) -> None:
    student = make_student()
    make_card(student, CHIP)
    before = timezone.now()
    response = tap(gate, "04:a3:2b:1c", event_id="boot7-1", direction="in")
    body = response.json()
    assert response.status_code == 201
    recorded, server = (datetime.fromisoformat(body[at]) for at in ("recorded_at", "server_time"))
    assert before <= recorded <= server
    assert body["recorded_at"].endswith("+03:00")
    assert body == {
        "event_id": "boot7-1",
        "decision": "accepted",
        "code": "ok",
        "message": "Accepted.",
        "replayed": False,
        "would_deny": False,
        "clock_suspect": False,
        "time_quality": "trusted",
        "recorded_at": body["recorded_at"],
        "server_time": body["server_time"],
        "holder": {
            "type": "student",
            "full_name": student.full_name,
            "identifier": student.identifier,
            "photo_url": None,
            "diet_note": "",
        },
        "attendance": {
            "date": timezone.localdate().isoformat(),
            "status": body["attendance"]["status"],
            "attendance_time": body["recorded_at"],
        },
        "meal": None,
        "served_at": None,
        "served_location": None,
        "ignored": [],
    }


def test_the_portrait_is_shown_by_its_whole_address(gate: APIClient) -> None:
    make_card(make_student(photo="photos/0123.jpg"), CHIP)
    assert tap(gate).json()["holder"]["photo_url"] == "http://testserver/media/photos/0123.jpg"


def test_a_repeat_gets_the_first_answer_again(gate: APIClient, hatch: APIClient) -> None:
    make_card(rfid_number=CHIP)
    for reader in (gate, hatch):
        first = tap(reader, event_id="1", food_item="Ugali")
        again = tap(reader, event_id="1", food_item="Ugali")
        assert (first.status_code, again.status_code) == (201, 200)
        expected = {**first.json(), "replayed": True, "server_time": again.json()["server_time"]}
        assert again.json() == expected
    assert Tap.objects.count() == 2
    assert KitchenService.objects.count() == 1


def test_a_repeat_is_answered_as_at_first_whatever_changed_since(gate: APIClient) -> None:
    card = make_card(rfid_number=CHIP)
    first = tap(gate, event_id="1").json()
    services.retire_card(card=card, reason="lost")
    again = tap(gate, event_id="1").json()
    assert (again["decision"], again["holder"]) == ("accepted", first["holder"])
    assert tap(gate, event_id="2").json()["code"] == "card_retired"


@pytest.mark.parametrize("is_late_upload", [False, True])
def test_a_repeat_names_the_day_of_a_night_as_at_first(
    gate: APIClient, is_late_upload: bool
) -> None:
    """Whose day began in the evening: the date on which they tap is not its date."""
    make_nights(day_begins=time(18), applies_to={"class_levels": ["Boarders"]})
    make_card(make_student(class_level="Boarders"), CHIP)
    evening = timezone.localdate()
    at_three = datetime.combine(evening + timedelta(days=1), time(3), tzinfo=CAMPUS)
    sent: dict[str, Any] = {"event_id": "1", "tapped_at": at_three.isoformat()}
    sent["offline"] = is_late_upload
    with time_machine.travel(at_three + timedelta(seconds=1), tick=False):
        first, again = tap(gate, **sent).json(), tap(gate, **sent).json()
    assert first["attendance"]["date"] == evening.isoformat()
    assert (again["replayed"], again["attendance"]) == (True, first["attendance"])


def test_a_denial_is_repeated_as_well(gate: APIClient) -> None:
    first = tap(gate, event_id="1").json()
    make_card(rfid_number=CHIP)
    again = tap(gate, event_id="1").json()
    assert (first["code"], again["code"], again["replayed"]) == (
        "unknown_card",
        "unknown_card",
        True,
    )


@pytest.mark.parametrize(
    "other",
    [
        {"card": "04A32B1D"},
        {"direction": "out"},
        {"tapped_at": "2026-11-20T07:00:00+03:00"},
        {"food_item": "Wali"},
    ],
)
def test_an_event_id_used_for_another_tap_is_a_conflict(
    gate: APIClient, other: dict[str, str]
) -> None:
    first = {"card": CHIP, "event_id": "1", "direction": "in"}
    assert gate.post(URL, first).status_code == 201
    for _ in range(2):
        response = gate.post(URL, {**first, **other})
        assert response.status_code == 409
        assert response.json()["code"] == "event_conflict"
    assert Tap.objects.count() == 1
    (kept,) = ConflictingTap.objects.all()
    assert kept.sent == {**first, **other}


def test_the_same_tap_spelled_otherwise_or_uploaded_later_is_a_repeat(gate: APIClient) -> None:
    make_card(rfid_number=CHIP)
    at = timezone.now().astimezone(CAMPUS)
    first = {"card": CHIP, "event_id": "1", "tapped_at": at.isoformat()}
    same = {**first, "card": "04-a3-2b-1c", "offline": True, "direction": None}
    same["tapped_at"] = at.astimezone(ZoneInfo("UTC")).isoformat()
    assert gate.post(URL, first).status_code == 201
    assert gate.post(URL, same).json()["replayed"] is True


def test_readers_may_use_the_same_event_ids() -> None:
    make_card(rfid_number=CHIP)
    for _ in range(2):
        assert tap(make_reader()[1], event_id="1").status_code == 201


def test_without_an_event_id_card_and_second_make_one(gate: APIClient) -> None:
    make_card(rfid_number=CHIP)
    times = [
        "2026-11-20T07:31:02.1+03:00",
        "2026-11-20T07:31:02.9+03:00",
        "2026-11-20T07:31:03+03:00",
    ]
    answers = [tap(gate, tapped_at=at, event_id=None) for at in times]
    assert [answer.status_code for answer in answers] == [201, 200, 201]
    assert answers[0].json()["event_id"] == answers[1].json()["event_id"]
    assert tap(gate, "04A32B1D", tapped_at=times[0], event_id=None).status_code == 201


# --- who may pass -----------------------------------------------------------------------------


def _inactive() -> None:
    services.switch_card(card=make_card(rfid_number=CHIP), is_active=False)


def _retired() -> None:
    services.retire_card(card=make_card(rfid_number=CHIP), reason="stolen")


def _expired() -> None:
    make_card(rfid_number=CHIP, expiry_date=timezone.now() - timedelta(seconds=1))


def _holder_left() -> None:
    student = make_card(rfid_number=CHIP).person
    student.is_active = False
    student.save()


def _holder_suspended() -> None:
    student = make_card(rfid_number=CHIP).person
    student.status = "Suspended"
    student.save()


@pytest.mark.parametrize(
    ("code", "prepare"),
    [
        ("unknown_card", lambda: None),
        ("card_inactive", _inactive),
        ("card_retired", _retired),
        ("card_expired", _expired),
        ("holder_inactive", _holder_left),
        ("holder_inactive", _holder_suspended),
    ],
)
def test_a_denial_is_an_answer_that_names_nobody_and_is_kept(
    code: str, prepare: Callable[[], None], gate: APIClient
) -> None:
    prepare()
    response = tap(gate)
    body = response.json()
    assert response.status_code == 201
    assert (body["decision"], body["code"]) == ("denied", code)
    assert body["holder"] is body["attendance"] is body["meal"] is None
    kept = Tap.objects.get()
    assert (kept.card_text, kept.number, kept.decision) == (CHIP, CHIP, "denied")
    assert not Attendance.objects.exists()


def test_the_message_speaks_the_readers_language(gate: APIClient, hatch: APIClient) -> None:
    make_card(rfid_number=CHIP)
    tap(hatch)
    other_hatch = make_hatch(name="Hatch 2")[1]
    for reader in (gate, other_hatch):
        reader.defaults["HTTP_ACCEPT_LANGUAGE"] = "sw-TZ,en;q=0.5"
    assert tap(gate).json()["message"] == "Imekubaliwa."
    assert "tarakimu moja" in tap(gate, "EDBA996").json()["message"]
    said = tap(other_hatch).json()["message"]
    assert said.startswith("Ameshapata chakula katika kipindi hiki cha mlo, saa ")
    batch = gate.post(f"{URL}batch/", {"taps": [{"card": "04A32B1D"}, {"card": 7}]}).json()
    first, second = (item["message"] for item in batch["results"])
    assert (first, second[:6]) == ("Kadi hii haijulikani hapa.", "Hii si")
    first, second = (tap(gate, chip, event_id="e1") for chip in (CHIP, "04A32B1D"))
    assert (first.status_code, second.status_code) == (201, 409)
    assert "ilishatumika kwa mguso mwingine" in second.json()["detail"]


def test_the_ledger_knows_whose_refused_card_it_was(gate: APIClient) -> None:
    _retired()
    tap(gate)
    assert Tap.objects.get().person is not None


def test_nothing_private_leaves(gate: APIClient) -> None:
    private = {"phone_number": "+255712345678", "email": "asha@example.org"}
    make_card(make_student(**private, diet_note="Nut allergy"), CHIP)
    holder = tap(gate).json()["holder"]
    assert set(holder) == {"type", "full_name", "identifier", "photo_url", "diet_note"}
    assert holder["diet_note"] == ""


def test_staff_and_guards_get_days_of_their_own(gate: APIClient) -> None:
    make_card(make_member(), CHIP)
    make_card(make_guard(), "RF123456789")
    assert tap(gate).json()["holder"]["type"] == "staff"
    assert tap(gate, "rf123456789").json()["holder"]["type"] == "security"
    assert Attendance.objects.count() == 2


def test_somebody_on_leave_may_come_in_and_a_retired_one_not(gate: APIClient) -> None:
    make_card(make_member(status="On Leave"), CHIP)
    make_card(make_member(status="Retired"), "04A32B1D")
    assert tap(gate).json()["code"] == "ok"
    assert tap(gate, "04A32B1D").json()["code"] == "holder_inactive"


def test_a_kitchen_writes_a_meal_and_no_attendance(hatch: APIClient) -> None:
    make_card(rfid_number=CHIP)
    body = tap(hatch, food_item=" Wali na samaki ").json()
    meal = KitchenService.objects.get()
    assert body["meal"] == {
        "service_id": str(meal.pk),
        "period": "Any time",
        "food_item": "Wali na samaki",
    }
    assert body["attendance"] is None
    assert not Attendance.objects.exists()
    again = tap(make_hatch(name="Hatch 2")[1]).json()
    assert (again["decision"], again["code"], again["meal"]) == ("denied", "already_served", None)


def test_a_kitchen_serves_students_only(hatch: APIClient) -> None:
    make_card(make_member(), CHIP)
    assert tap(hatch).json()["code"] == "not_entitled"


# --- how readers spell ------------------------------------------------------------------------


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("number_format", "text", "number"),
    [
        ("hex", " 04 a3 2b 1c\r\n", "04A32B1C"),
        ("hex_rev", "1c2ba304", "04A32B1C"),
        ("dec_msb", "2490285352", "946EBD28"),
        ("dec_lsb", "3271084853", "35CBF8C2"),
        ("8h10d", "0040856634", "01026F6C3A"),
        ("6h8d", "07302202", "01026F6C3A"),
        ("3+5", "213,02000", "00D507D0"),
        ("w26", "68AF04", "04AF68DAC85A80"),
        ("w26_dec", "77108", "342D01C4"),
        ("w34", "7186A61E", "1EA68671"),
    ],
)
def test_each_format_finds_its_card(number_format: str, text: str, number: str) -> None:
    make_card(rfid_number=number)
    _, reader = make_reader(number_format=number_format)
    assert tap(reader, text).json()["code"] == "ok"
    assert Tap.objects.get().number == number


def test_a_reader_that_loses_digits_never_guesses() -> None:
    make_card(rfid_number="AA3F9B1A")
    make_card(rfid_number="AA3F9B77")
    _, reader = make_reader(number_format="w26")
    body = tap(reader, "9B3FAA").json()
    assert (body["decision"], body["code"], body["holder"]) == ("denied", "ambiguous_card", None)
    assert tap(make_reader()[1], "AA3F9B77").json()["code"] == "ok"


def test_a_lossy_reader_does_not_know_a_card_that_nobody_has() -> None:
    make_card(rfid_number="AA3F9B1A")
    _, reader = make_reader(number_format="w26")
    assert tap(reader, "9B3FAB").json()["code"] == "unknown_card"


@pytest.mark.parametrize(
    "text", ["EDBA996", "8804C43B", "00000000", "04A3", "０４A32B1C", "\t?\t", "%%"]
)
def test_what_is_no_number_is_denied_and_kept(text: str, gate: APIClient) -> None:
    body = tap(gate, text).json()
    assert (body["decision"], body["code"]) == ("denied", "bad_number")
    assert Tap.objects.get().card_text == text


@pytest.mark.parametrize("number_format", ["dec_msb", "dec_lsb", "8h10d", "3+5", "w26", "w26_dec"])
def test_the_hex_of_a_card_is_no_number_at_a_reader_of_another_spelling(
    number_format: str,
) -> None:
    make_card(rfid_number=CHIP)
    _, reader = make_reader(number_format=number_format)
    body = tap(reader, CHIP).json()
    assert (body["decision"], body["code"], body["holder"]) == ("denied", "bad_number", None)


def test_a_refused_number_says_what_is_wrong_with_it_also_when_it_is_repeated(
    gate: APIClient,
) -> None:
    first = tap(gate, "EDBA996", event_id="1").json()
    assert "firmware leaves out the zeros" in first["message"]
    again = tap(gate, "EDBA996", event_id="1").json()
    assert (again["replayed"], again["message"]) == (True, first["message"])


def test_text_that_was_enrolled_opens_at_any_reader() -> None:
    make_card(rfid_number="CARD-77")
    for number_format in ("hex", "dec_msb", "w26", "3+5"):
        _, reader = make_reader(number_format=number_format)
        assert tap(reader, "card-77").json()["code"] == "ok"


def test_digits_that_were_enrolled_as_text_open_where_they_fit_no_format(gate: APIClient) -> None:
    make_card(rfid_number="1234567")
    assert tap(gate, "1234567").json()["code"] == "ok"
    assert tap(gate, "1234568").json()["code"] == "bad_number"


def test_a_code_that_was_enrolled_as_a_number_takes_no_other_cards_qr(gate: APIClient) -> None:
    card = make_card(rfid_number=CHIP)
    other = make_card(rfid_number=card.code)
    assert tap(gate, f"https://x.example/v/{card.code}").json()["code"] == "ok"
    assert Tap.objects.get().card_uuid == card.pk
    tap(gate, card.code)
    assert set(Tap.objects.values_list("card_uuid", flat=True)) == {card.pk, other.pk}


def test_one_card_read_whole_and_in_part_in_one_batch_is_one_card() -> None:
    card = make_card(rfid_number="AA3F9B1A")
    _, reader = make_reader(number_format="w26")
    items = [{"card": "9B3FAA"}, {"card": f"https://x.example/v/{card.code}"}]
    results = reader.post(f"{URL}batch/", {"taps": items}).json()["results"]
    assert [result["code"] for result in results] == ["ok", "ok"]


def test_the_printed_qr_is_a_card_too_and_dies_with_it(gate: APIClient) -> None:
    card = make_card(rfid_number=CHIP)
    address = f"HTTPS://CARDS.EXAMPLE.ORG/V/{card.code}"
    assert tap(gate, address).json()["code"] == "ok"
    assert Tap.objects.get().number == CHIP
    services.retire_card(card=card, reason="lost")
    assert tap(gate, address).json()["code"] == "card_retired"


# --- clocks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["1970-01-01T00:00:07Z", "2099-01-01T00:00:00+03:00"])
def test_a_live_tap_with_a_wrong_clock_counts_when_it_was_received(
    at: str, gate: APIClient
) -> None:
    make_card(rfid_number=CHIP)
    body = tap(gate, tapped_at=at).json()
    assert (body["decision"], body["clock_suspect"]) == ("accepted", True)
    assert body["attendance"]["date"] == timezone.localdate().isoformat()
    assert body["attendance"]["attendance_time"] == body["recorded_at"]
    kept = Tap.objects.get()
    assert (kept.tapped_at, kept.counted_at) == (parse_datetime(at), kept.received_at)


def test_an_uploaded_tap_with_a_wrong_clock_waits_for_a_person(gate: APIClient) -> None:
    make_card(rfid_number=CHIP)
    body = tap(gate, tapped_at="1970-01-01T00:00:07Z", offline=True).json()
    assert (body["decision"], body["clock_suspect"]) == ("accepted", True)
    assert body["attendance"] is None
    assert Tap.objects.get().counted_at is None
    assert not Attendance.objects.exists()


@pytest.mark.parametrize(
    ("behind", "is_suspect"),
    [
        (timedelta(minutes=-2, seconds=-5), True),
        (timedelta(minutes=-1, seconds=-55), False),
        (timedelta(days=30, seconds=-5), False),
        (timedelta(days=30, seconds=5), True),
    ],
)
def test_two_minutes_ahead_and_thirty_days_behind_are_the_limits(
    behind: timedelta, is_suspect: bool, gate: APIClient
) -> None:
    at = (timezone.now() - behind).isoformat()
    assert tap(gate, tapped_at=at, offline=True).json()["clock_suspect"] is is_suspect


@pytest.mark.parametrize(
    ("behind", "is_suspect"),
    [
        (timedelta(minutes=-2, seconds=-5), True),
        (timedelta(minutes=-1, seconds=-55), False),
        (timedelta(minutes=9, seconds=55), False),
        (timedelta(minutes=10, seconds=5), True),
        (timedelta(days=6), True),
    ],
)
def test_a_live_tap_is_believed_for_ten_minutes_and_else_counts_today(
    behind: timedelta, is_suspect: bool, gate: APIClient
) -> None:
    make_card(rfid_number=CHIP)
    at = timezone.now() - behind
    answer = tap(gate, tapped_at=at.isoformat()).json()
    assert answer["clock_suspect"] is is_suspect
    counted_at = Tap.objects.get().counted_at
    assert counted_at == (parse_datetime(answer["recorded_at"]) if is_suspect else at)
    if is_suspect:
        assert answer["attendance"]["date"] == timezone.localdate().isoformat()


@pytest.mark.parametrize(
    ("sent", "day"),
    [
        ("T23:59:59+03:00", 0),
        ("T00:00:00+03:00", 0),
        ("T20:59:59Z", 0),
        ("T21:00:00Z", 1),
        ("T23:59:59", 0),
        ("T12:59:59-08:00", 0),
        ("T13:00:00-08:00", 1),
    ],
)
def test_the_day_is_the_campus_day(sent: str, day: int, gate: APIClient) -> None:
    make_card(rfid_number=CHIP)
    base = timezone.localdate() - timedelta(days=3)
    body = tap(gate, tapped_at=f"{base}{sent}", offline=True).json()
    assert body["attendance"]["date"] == str(base + timedelta(days=day))


def test_a_time_without_an_offset_is_campus_time(gate: APIClient) -> None:
    day = timezone.localdate() - timedelta(days=1)
    tap(gate, tapped_at=f"{day}T07:31:02")
    assert Tap.objects.get().tapped_at == datetime.combine(day, time(7, 31, 2), CAMPUS)


# --- uploaded later ---------------------------------------------------------------------------


def test_what_happened_offline_is_recorded_and_says_what_the_rules_would(gate: APIClient) -> None:
    _inactive()
    body = tap(gate, offline=True).json()
    assert (body["decision"], body["code"], body["would_deny"]) == (
        "accepted",
        "card_inactive",
        True,
    )
    assert body["holder"] is not None
    assert Attendance.objects.count() == 1
    unknown = tap(gate, "04A32B1D", offline=True).json()
    assert (unknown["decision"], unknown["code"], unknown["holder"]) == (
        "accepted",
        "unknown_card",
        None,
    )


def test_two_kitchens_that_were_offline_both_served_and_the_second_is_told(
    hatch: APIClient,
) -> None:
    make_card(rfid_number=CHIP)
    _, other = make_hatch(name="Hatch 2")
    at = timezone.now() - timedelta(hours=1)
    first = tap(hatch, tapped_at=at.isoformat(), offline=True).json()
    second = tap(other, tapped_at=(at + timedelta(minutes=1)).isoformat(), offline=True).json()
    assert (first["code"], first["would_deny"]) == ("ok", False)
    assert (second["decision"], second["code"], second["would_deny"]) == (
        "accepted",
        "already_served",
        True,
    )
    meals = KitchenService.objects.with_doubles()
    doubles = {meal.service_time: meal.is_double for meal in meals}
    assert doubles == {at: False, at + timedelta(minutes=1): True}


# --- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({}, "card"),
        ({"card": None}, "card"),
        ({"card": ""}, "card"),
        ({"card": " \r\n"}, "card"),
        ({"card": 12345678}, "card"),
        ({"card": True}, "card"),
        ({"card": ["04A32B1C"]}, "card"),
        ({"card": "04A3\x002B1C"}, "card"),
        ({"card": "0" * 201}, "card"),
        ({"card": CHIP, "event_id": ""}, "event_id"),
        ({"card": CHIP, "event_id": "x" * 65}, "event_id"),
        ({"card": CHIP, "event_id": "a\nb"}, "event_id"),
        ({"card": CHIP, "event_id": "a\x00"}, "event_id"),
        ({"card": CHIP, "event_id": 7}, "event_id"),
        ({"card": CHIP, "tapped_at": "yesterday"}, "tapped_at"),
        ({"card": CHIP, "tapped_at": ""}, "tapped_at"),
        ({"card": CHIP, "tapped_at": 1_700_000_000}, "tapped_at"),
        ({"card": CHIP, "tapped_at": "2026-11-21"}, "tapped_at"),
        ({"card": CHIP, "tapped_at": "2026-13-41T07:00:00"}, "tapped_at"),
        ({"card": CHIP, "direction": "sideways"}, "direction"),
        ({"card": CHIP, "direction": ["in"]}, "direction"),
        ({"card": CHIP, "offline": "yes"}, "offline"),
        ({"card": CHIP, "food_item": "x" * 101}, "food_item"),
        ({"card": CHIP, "food_item": 7}, "food_item"),
        ([], "non_field_errors"),
    ],
)
def test_bad_input_is_named_by_field_and_writes_nothing(
    item: Any, field: str, gate: APIClient
) -> None:
    response = gate.post(URL, item)
    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert not Tap.objects.exists()


def test_everything_that_is_wrong_is_said_at_once(gate: APIClient) -> None:
    response = gate.post(URL, {"card": 7, "direction": "up", "offline": 1})
    assert set(response.json()) == {"card", "direction", "offline"}


ENDS = [
    *("0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"),
    *("0001-01-02T00:00:00", "9999-12-30T23:59:59", "9999-12-31T23:59:59Z"),
    *("9999-12-31T23:59:59", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59+12:00"),
]


@pytest.mark.parametrize("at", ENDS)
def test_the_ends_of_the_calendar_are_only_suspect(at: str, gate: APIClient) -> None:
    """A reader drops what is refused: a clock that was never set must lose no tap."""
    assert tap(gate, tapped_at=at).json()["clock_suspect"] is True
    assert tap(gate, tapped_at=at, offline=True).json()["clock_suspect"] is True


@pytest.mark.parametrize("at", ENDS)
def test_a_clock_at_an_end_of_the_calendar_refuses_no_batch(at: str, gate: APIClient) -> None:
    sent = {"taps": [{"card": CHIP, "tapped_at": other} for other in ENDS], "device_time": at}
    answer = gate.post(f"{URL}batch/", sent)
    assert answer.status_code == 200
    assert answer.json()["summary"]["rejected"] == 0
    heard = gate.post("/api/pos/heartbeat/", {"device_time": at})
    assert heard.status_code == 200


@pytest.mark.parametrize("at", ["2026-03-02T23:59:60Z", "2026-03-02T05:59:60.5+03:00"])
def test_a_tap_in_a_leap_second_is_taken(at: str, gate: APIClient) -> None:
    """RFC 3339 has a second 60; a reader that is refused would drop the tap."""
    assert tap(gate, event_id="leap", tapped_at=at, offline=True).status_code == 201
    assert tap(gate, event_id="leap", tapped_at=at, offline=True).json()["replayed"] is True


def test_a_count_that_is_too_high_is_told_how_high_it_may_be(gate: APIClient) -> None:
    response = gate.post(URL, {"card": CHIP, "series": "a", "seq": 2**53})
    assert response.json() == {"seq": ["Enter a whole number from 0 to 9007199254740991."]}


@pytest.mark.parametrize("address", ["", "batch/", "annul/"])
def test_a_reader_may_ask_what_it_may_send(address: str, gate: APIClient) -> None:
    assert gate.options(f"{URL}{address}").status_code == 200


# --- keys -------------------------------------------------------------------------------------


def test_a_rolled_key_and_a_reader_switched_off_stop_at_once(administrator: APIClient) -> None:
    device, reader = make_reader()
    assert tap(reader).status_code == 201
    administrator.patch(f"/api/pos/devices/{device.pk}/", {"is_active": False})
    off = tap(reader)
    assert (off.status_code, off.json()["code"]) == (401, "device_inactive")
    administrator.patch(f"/api/pos/devices/{device.pk}/", {"is_active": True})
    assert tap(reader).status_code == 201
    key = roll_key(device=Device.objects.get(pk=device.pk))
    old = tap(reader)
    assert (old.status_code, old.json()["code"]) == (401, "invalid_key")
    assert old["WWW-Authenticate"] == "Device"
    reader.credentials(HTTP_AUTHORIZATION=f"device {key}")
    assert tap(reader).status_code == 201


@pytest.mark.parametrize("header", ["Device", "Device ", "Device x y", "Device \xff", "Devicetxr_"])
def test_a_strange_key_is_401(header: str, anybody: APIClient) -> None:
    response = anybody.post(URL, {"card": CHIP}, HTTP_AUTHORIZATION=header)
    assert response.status_code == 401


# --- what the database itself holds -----------------------------------------------------------


def _insert(**changes: Any) -> None:
    device = Device.objects.get()
    values = {
        "device": device,
        "event_id": "1",
        "content": device.pk,
        "activity": "attendance",
        "card_text": CHIP,
        "received_at": timezone.now(),
        "date": timezone.localdate(),
        "is_offline": False,
        "is_clock_suspect": False,
        "decision": "accepted",
        "code": "ok",
        "would_deny": False,
    }
    Tap.objects.create(**{**values, **changes})


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({}, "pos_tap_unique_event_of_series"),
        ({"device": None}, "pos_tap_from_a_reader_or_a_person"),
        (
            {"event_id": "2", "is_offline": True, "decision": "denied"},
            "pos_tap_offline_is_never_denied",
        ),
    ],
)
def test_the_database_refuses(changes: dict[str, Any], constraint: str, gate: APIClient) -> None:
    _insert()
    with pytest.raises(IntegrityError, match=constraint):
        _insert(**changes)


@pytest.mark.dialect
@pytest.mark.parametrize(
    "statement", ["UPDATE pos_tap SET code = 'bad_number'", "DELETE FROM pos_tap"]
)
def test_a_fact_never_changes(statement: str, gate: APIClient) -> None:
    _insert()
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
        connection.cursor().execute(statement)


# --- what it costs ----------------------------------------------------------------------------


@pytest.mark.parametrize("history", [0, 30])
def test_a_tap_takes_five_statements_and_a_transaction_whatever_went_before(
    history: int, gate: APIClient, django_assert_num_queries: Any
) -> None:
    make_card(rfid_number=CHIP)
    Device.objects.update(debounce_seconds=0)
    for number in range(history):
        tap(gate, event_id=f"before-{number}")
    # the reader, the card, the day as it was, the day, the tap; here the transaction is a
    # savepoint (two more)
    with django_assert_num_queries(7):
        assert tap(gate).status_code == 201


def test_a_meal_takes_one_statement_more(hatch: APIClient, django_assert_num_queries: Any) -> None:
    make_card(rfid_number=CHIP)
    with django_assert_num_queries(7):
        assert tap(hatch).status_code == 201
