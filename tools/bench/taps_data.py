"""Who taps in the measurements, at which readers, and the years of a full ledger.

Ids and chip numbers are computed from a student's number, so that pgbench can make them up too.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from random import Random
from typing import Any

from django.db import connection
from django.utils import timezone

from pos.models import Activity, Device
from pos.services import register_device
from tools.bench.people import NAMES, PEOPLE_TABLES
from tools.bench.stack import execute
from tools.bench.wire import post

FIRST, LAST = 100_001, 105_000
STUDENTS = LAST - FIRST + 1
BATCH = 500
# What stands before the six digits of a student's number.
CARD_NUMBER = "0A"
STUDENT_ID = "00000000-0000-4000-8000-000000"
CARD_ID = "00000000-0000-4000-9000-000000"

CLEAR = (
    f"TRUNCATE {PEOPLE_TABLES}, cards_card, cards_cardevent,"
    " cards_cardtally, pos_device, pos_deviceevent, kitchen_mealperiod CASCADE"
)
TAPPED = "pos_tap, attendance_attendance, kitchen_kitchenservice"
CLEAR_LEDGER = f"TRUNCATE {TAPPED} CASCADE"
CLEAR_MEALS = "TRUNCATE kitchen_kitchenservice"
# Registered long ago: a tap of yesterday finds them as they are today (cards.lookup).
INSERT_STUDENTS = f"""
    WITH person AS (
        INSERT INTO people_person (person_uuid, kind, identifier, first_name, middle_name, surname,
            whole_name, class_level, class_code, department, status, phone_number, email, diet_note,
            is_active, photo, more_words, enrolled_on, created_at, updated_at)
        SELECT ('{STUDENT_ID}' || n)::uuid, 'student', 'DIT/2025/' || n,
            (%(firsts)s::text[])[1 + mod(n, {len(NAMES)})], '',
            (%(surnames)s::text[])[1 + mod(n * 13, {len(NAMES)})], '', 'NTA Level 7',
            'CS' || mod(n, 40), 'Department ' || mod(n, 12), 'Active', '', '', '', true,
            'photos/' || md5(n::text) || '.jpg', '',
            now() - interval '1 year', now() - interval '1 year', now() - interval '1 year'
        FROM generate_series({FIRST}, {LAST}) AS n
        RETURNING person_uuid
    )
    INSERT INTO students_student (person_id, program, academic_status, points_deducted)
    SELECT person_uuid, 'Engineering', 'Current', 0 FROM person
"""  # noqa: S608  (numbers and names of our own, as in all of this file)
INSERT_CARDS = f"""
    INSERT INTO cards_card (card_uuid, rfid_number, card_type, person_id, is_active, issued_date,
        retired_reason, code, created_at, updated_at, search_text, department, holder_is_active,
        is_temporary)
    SELECT ('{CARD_ID}' || n)::uuid, '{CARD_NUMBER}' || n, 'student', ('{STUDENT_ID}' || n)::uuid,
        true, now() - interval '1 year', '', upper(substr(md5(n::text), 1, 16)),
        now() - interval '1 year', now() - interval '1 year', '', '', true, false
    FROM generate_series({FIRST}, {LAST}) AS n
"""  # noqa: S608
INSERT_PERIOD = """
    INSERT INTO kitchen_mealperiod (period_id, name, starts_at, ends_at, days, is_active, who,
        portions, applies_to, valid_from)
    VALUES (gen_random_uuid(), 'All day', '00:00', '00:00', '{1,2,3,4,5,6,7}', true, 'students',
        1, '{}', current_date)
"""


@dataclass(frozen=True)
class BenchReader:
    """A reader that the bench is, with its key."""

    device: Device
    key: str

    def taps(self, students: Iterator[int], random: Random) -> Iterator[bytes]:
        """Live taps, one request each."""
        body = '{"event_id": "%s", "card": "' + CARD_NUMBER + '%d"}'
        length = len(body % (_event(random), FIRST))
        before = post("/api/pos/taps/", self.key, b" " * length)[:-length].decode()
        for student in students:
            yield (before + body % (_event(random), student)).encode()

    def batches(self, students: Iterator[int], random: Random) -> Iterator[bytes]:
        """What was tapped while the reader was offline, in the last five days."""
        now = timezone.localtime().replace(microsecond=0)
        while True:
            taps = [
                {
                    "event_id": _event(random),
                    "card": f"{CARD_NUMBER}{next(students)}",
                    "tapped_at": (now - timedelta(seconds=random.randrange(5 * 86400))).isoformat(),
                    "offline": True,
                }
                for _ in range(BATCH)
            ]
            yield post("/api/pos/taps/batch/", self.key, json.dumps({"taps": taps}).encode())


def _event(random: Random) -> str:
    return f"{random.getrandbits(64):016x}"


def anybody(random: Random, among: range = range(FIRST, LAST + 1)) -> Iterator[int]:
    """Students as they come, for ever."""
    while True:
        yield random.choice(among)


GATES = 8


def taps_at(
    readers: Sequence[BenchReader], students: Iterator[int], random: Random
) -> Iterator[bytes]:
    """Live taps at these readers in turn."""
    streams = [reader.taps(students, random) for reader in readers]
    return (next(stream) for stream in cycle(streams))


def prepare() -> tuple[list[BenchReader], BenchReader]:
    """People, cards, a meal period that never ends, gates and a kitchen; nothing else is left."""
    names: dict[str, Any] = {
        "firsts": [name.first for name in NAMES],
        "surnames": [name.surname for name in NAMES],
    }
    execute(CLEAR, (INSERT_STUDENTS, names), INSERT_CARDS, INSERT_PERIOD, "VACUUM ANALYZE")
    gates = [
        register_device(
            by=None, name=f"Gate {n}", location="Gate", activity_type=Activity.ATTENDANCE
        )
        for n in range(1, GATES + 1)
    ]
    kitchen = register_device(
        by=None, name="Kitchen 1", location="Kitchen", activity_type=Activity.FOOD_SERVICE
    )
    connection.close()
    return [BenchReader(*gate) for gate in gates], BenchReader(*kitchen)


# --- a full ledger ------------------------------------------------------------------------------

# Of each student and day there are four taps at the gate and, third, one in the kitchen.
A_DAY = 5
EVERY_TAP = f"""
    FROM (
        SELECT i, {FIRST} + i % {STUDENTS} AS n, i / {STUDENTS} % {A_DAY} AS turn,
            CURRENT_DATE - (%(taps)s - 1 - i) / {STUDENTS * A_DAY} - 1 AS date
        FROM generate_series(0, %(taps)s - 1) AS i
    ) AS made,
    LATERAL (
        SELECT (date + time '04:30' + turn * interval '2 h' + (n - {FIRST}) * interval '1 s')
            AT TIME ZONE 'UTC'
    ) AS moment (at)
""".replace(" % ", " %% ")  # noqa: S608
FILL = (
    f"""
    INSERT INTO attendance_attendance (attendance_id, person_id, date, attendance_time, left_at,
        passes, sessions, class_level, class_code, department, minutes_late, left_early, is_counted,
        corrected_status, correction_reason, derived_status, status, revision)
    SELECT md5(i::text)::uuid, ('{STUDENT_ID}' || n)::uuid, date, at, at + interval '8 h',
        jsonb_build_array(
            jsonb_build_array(at, '', 'a1b2c3d4e5f6', 0, 5),
            jsonb_build_array(at + interval '8 h', '', 'a1b2c3d4e5f6', 0, 5)
        ), '[]', 'NTA Level 7', 'CS1', 'Department 1', 0, false, true, '', '', 'Present',
        'Present', 4
    {EVERY_TAP} WHERE turn = 0
    """,
    f"""
    INSERT INTO kitchen_kitchenservice (service_id, person_id, period_id, date, food_item,
        service_time, is_offline, location, portion, portions, is_extra, guest_name, reason,
        void_reason)
    SELECT md5(i::text)::uuid, ('{STUDENT_ID}' || n)::uuid,
        (SELECT period_id FROM kitchen_mealperiod), date, '', at, false,
        'Kitchen', 1, 1, false, '', '', ''
    {EVERY_TAP} WHERE turn = 2
    """,  # noqa: S608
    f"""
    INSERT INTO pos_tap (device_id, location, activity, received_at, event_id, content, card_text,
        number, card_uuid, person_id, direction, food_item, counted_at, date, is_offline,
        is_clock_suspect, decision, code, would_deny, day_status, day_time, service_id)
    SELECT (CASE turn WHEN 2 THEN %(kitchen)s ELSE %(gate)s END)::uuid,
        CASE turn WHEN 2 THEN 'Kitchen' ELSE 'Gate' END,
        CASE turn WHEN 2 THEN 'food_service' ELSE 'attendance' END, at,
        substr(md5(i::text), 1, 16), md5(i::text)::uuid, '{CARD_NUMBER}' || n, '{CARD_NUMBER}' || n,
        ('{CARD_ID}' || n)::uuid, ('{STUDENT_ID}' || n)::uuid, '', '', at, date, false, false,
        'accepted', 'ok', false, CASE turn WHEN 2 THEN '' ELSE 'Present' END,
        CASE turn WHEN 2 THEN NULL ELSE at END, CASE turn WHEN 2 THEN md5(i::text)::uuid END
    {EVERY_TAP}
    """,
)


def fill_ledger(gate: BenchReader, kitchen: BenchReader, taps: int) -> float:
    """Write so many taps of past days, and what came of them; how many seconds that took."""
    wanted = {"gate": str(gate.device.pk), "kitchen": str(kitchen.device.pk), "taps": taps}
    begin = time.perf_counter()
    execute(
        CLEAR_LEDGER,
        # What the rows refer to is there; to look it up for each would double the time.
        "SET session_replication_role = replica",
        *((statement, wanted) for statement in FILL),
        f"VACUUM ANALYZE {TAPPED}",
        # Else the measurement would wait while the disk still takes all this.
        "CHECKPOINT",
        as_superuser=True,
    )
    return time.perf_counter() - begin
