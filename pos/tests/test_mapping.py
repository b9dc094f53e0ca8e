"""Tables of names: where a tap stands in what other firmware sends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from attendance.day import Direction
from pos.mapping import READY, BadMapping, NoTap, table_of
from pos.protocol import BadTap, IncomingTap

NOW = datetime(2026, 11, 26, 7, 31, 2, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


def read(mapping: dict[str, Any], said: Any, at: datetime = NOW) -> IncomingTap:
    return table_of(mapping).read(said, received_at=at)


# --- the ready tables, with what their firmware sends ------------------------------------------

ESP_RFID = {
    "type": "access",
    "time": EPOCH - 2,
    "isKnown": "true",
    "access": "Always",
    "username": "x",
    "uid": "1bec07ec",
}


@pytest.mark.parametrize(
    ("like", "said", "card", "seconds_ago"),
    [
        ("esp-rfid", ESP_RFID, "1bec07ec", 2),
        (
            "tasmota",
            {"Time": "2026-11-26T10:31:00", "RDM6300": {"UID": "008EC793"}},
            "008EC793",
            2,
        ),
        (
            "tasmota",
            {"Time": "2026-11-26T10:31:01", "PN532": {"UID": "04C43BC21C2680", "Data": ""}},
            "04C43BC21C2680",
            1,
        ),
        ("esphome", {"card": "74-10-37-94"}, "74-10-37-94", None),
        ("webhook", {"rfid": "E43AC9D2"}, "E43AC9D2", None),
        ("webhook", {"card_sn": "E43AC9D2", "mac": "0C:11", "time": str(EPOCH)}, "E43AC9D2", 0),
        ("webhook", {"code": "0012345678", "cmd": "PU"}, "0012345678", None),
    ],
)
def test_a_ready_table_reads_its_firmware(
    like: str, said: Any, card: str, seconds_ago: int | None
) -> None:
    tap = read({"like": like}, said)
    assert tap.card == card
    at = None if seconds_ago is None else NOW - timedelta(seconds=seconds_ago)
    assert tap.tapped_at == at
    assert not tap.offline


@pytest.mark.parametrize(
    ("like", "said"),
    [
        ("esp-rfid", {"type": "heartbeat", "time": EPOCH, "uid": "1bec07ec"}),
        ("esp-rfid", {"type": "boot"}),
        ("tasmota", {"Time": "2026-11-26T10:31:00", "DS18B20": {"Temperature": 21.5}}),
        ("tasmota", {"SSerialReceived": "01020304FAFA"}),
        ("webhook", {"temperature": "21"}),
        ("webhook", []),
        ("webhook", None),
        ("webhook", "E43AC9D2"),
    ],
)
def test_what_is_no_tap_by_its_table_is_none(like: str, said: Any) -> None:
    with pytest.raises(NoTap):
        read({"like": like}, said)


def test_a_table_begins_with_a_ready_one_and_goes_its_own_way() -> None:
    mapping = {"like": "esp-rfid", "card": "cardNumber", "when": {"hostname": "gate1"}}
    tap = read(mapping, {"hostname": "gate1", "cardNumber": 8165538, "time": EPOCH})
    assert (tap.card, tap.tapped_at) == ("8165538", NOW)
    with pytest.raises(NoTap):
        read(mapping, {"hostname": "gate2", "cardNumber": 8165538})


def test_an_empty_table_has_our_own_names() -> None:
    said = {"card": "04A32B1C", "event_id": "7", "direction": "OUT", "tapped_at": EPOCH}
    tap = read({}, said)
    assert (tap.event_id, tap.card, tap.direction) == ("7", "04A32B1C", Direction.OUT)


def test_a_path_leads_into_objects_and_lists_and_a_name_may_have_dots() -> None:
    said = {"events": [{"card": {"no": "E43AC9D2"}}], "a.b": "in"}
    tap = read({"card": "events.0.card.no", "direction": "a.b"}, said)
    assert (tap.card, tap.direction) == ("E43AC9D2", Direction.IN)
    with pytest.raises(NoTap):
        read({"card": "events.7.card"}, said)


def test_words_for_the_way_are_the_readers_own() -> None:
    mapping = {"card": "uid", "direction": "d", "directions": {"checkIn": "in", "2": "out"}}
    assert read(mapping, {"uid": "E43AC9D2", "d": "checkIn"}).direction == Direction.IN
    assert read(mapping, {"uid": "E43AC9D2", "d": 2}).direction == Direction.OUT
    # What nobody knows is no reason to lose a tap: the reader's own direction holds.
    assert read(mapping, {"uid": "E43AC9D2", "d": "sideways"}).direction is None


@pytest.mark.parametrize("card", ["", " ", 12.5, True, ["E43AC9D2"], "x" * 300, "a\x00b"])
def test_a_card_that_could_not_be_read_is_a_bad_tap(card: Any) -> None:
    if card is True:
        assert read({"card": "uid"}, {"uid": card}).card == "true"  # text, and no card's
        return
    with pytest.raises(BadTap) as error:
        read({"card": "uid"}, {"uid": card})
    assert list(error.value.fields) == ["card"]


# --- times ------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [EPOCH, str(EPOCH), EPOCH * 1000, f"{EPOCH}.0"])
def test_seconds_and_milliseconds_are_told_apart(said: Any) -> None:
    assert read({}, {"card": "E43AC9D2", "tapped_at": said}).tapped_at == NOW


@pytest.mark.parametrize("said", [35, -5, 0, "1970-01-01T03:00:35", 4102444800, 1e300, "nan"])
def test_a_clock_that_was_never_set_is_marked_and_names_no_event(said: Any) -> None:
    """It says the same moments again after each start: they tell no tap from another."""
    message = {"card": "E43AC9D2", "tapped_at": said}
    tap, later = (read({}, message, NOW + timedelta(hours=h)) for h in (0, 5))
    assert tap.timing(received_at=NOW).is_clock_suspect
    assert tap.timing(received_at=NOW).counted_at == NOW
    assert tap.event_id != later.event_id


def test_the_same_message_again_is_the_same_event() -> None:
    message = {"card": "E43AC9D2", "tapped_at": EPOCH - 60}
    tap, again = (read({}, message, NOW + timedelta(minutes=m)) for m in (0, 3))
    assert (tap.event_id, tap.content) == (again.event_id, again.content)
    assert tap.event_id != read({}, {"card": "E43AC9D3", "tapped_at": EPOCH - 60}).event_id


def test_one_that_has_waited_has_happened() -> None:
    message = {"card": "E43AC9D2", "tapped_at": EPOCH}
    assert not read({}, message, NOW + timedelta(minutes=9)).offline
    assert read({}, message, NOW + timedelta(minutes=11)).offline


# --- tables that are none ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "mapping",
    [
        [],
        None,
        "uid",
        {"crad": "uid"},
        {"card": ""},
        {"card": []},
        {"card": 7},
        {"card": ["a"] * 11},
        {"card": "x" * 101},
        {"card": "a\nb"},
        {"like": "no-such"},
        {"like": []},
        {"when": []},
        {"when": {"type": {"a": 1}}},
        {"when": {"type": []}},
        {"when": {str(n): 1 for n in range(11)}},
        {"directions": {"1": "sideways"}},
        {"topic": "a/#"},
        {"topic": "trackxpert/x/tap"},
        {"topic": "$SYS/x"},
        {"topic": 7},
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(mapping: Any) -> None:
    with pytest.raises(BadMapping) as error:
        table_of(mapping)
    assert str(error.value)


@pytest.mark.parametrize("like", READY)
def test_each_ready_table_is_one(like: str) -> None:
    assert table_of({"like": like}).paths["card"]
