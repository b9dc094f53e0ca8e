"""Every address of the API, as nobody, as each role, as a reader, and with rubbish (contract
section 3).

`ADDRESSES` must name each of them: an address that is added without saying who may use it fails.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, time
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.roles import Role
from attendance.tests.factories import make_day, make_holiday
from cards.models import Card
from cards.tests.factories import MAKERS, make_card, make_temporary_card
from conftest import OWN_CLASS
from discipline.tests.factories import make_incident
from kitchen.models import KitchenService, MealPeriod
from notifications.models import Guardian, Notice
from people.kinds import PersonKind, kinds
from people.tests.deeds import make_deed
from pos.models import Tap
from pos.tests.factories import make_reader
from presence.tests.factories import make_roll_call
from reports.tests.factories import make_schedule
from staff.kind import STAFF
from students.kind import STUDENT
from webhooks.tests.factories import make_delivery
from webhooks.tests.receiver import make_webhook

pytestmark = pytest.mark.django_db

EVERYBODY = frozenset({"nobody", "reader", *Role.values})
SIGNED_IN = frozenset(Role.values)
ADMINISTRATOR = frozenset({"administrator"})
HEAD = frozenset({"leadership"})
TEACHER = frozenset({"class_teacher"})
OF_EVERYBODY = SIGNED_IN - TEACHER
OFFICE = frozenset({"administrator", "registration_officer"})
OFFICE_READ = OFFICE | HEAD
ATTENDANCE = frozenset({"administrator", "attendance_admin"})
ATTENDANCE_READ = ATTENDANCE | HEAD | TEACHER | {"registration_officer", "discipline_admin"}
MEALS = frozenset({"administrator", "kitchen_admin"})
MEALS_READ = MEALS | HEAD
DISCIPLINE = frozenset({"administrator", "discipline_admin"})
DISCIPLINE_READ = DISCIPLINE | HEAD | TEACHER
READER = frozenset({"reader"})


def people_of(kind: PersonKind) -> dict[str, dict[str, frozenset[str]]]:
    """A class teacher knows of students only."""
    is_in_classes = kind is STUDENT
    read = SIGNED_IN if is_in_classes else OF_EVERYBODY
    return {
        "": {"GET": read, "POST": OFFICE},
        "<uuid>/": {"GET": read, "PUT": OFFICE, "PATCH": OFFICE, "DELETE": OFFICE},
        "<uuid>/photo/": {"PUT": OFFICE, "DELETE": OFFICE},
        "<uuid>/history/": {"GET": OFFICE_READ | TEACHER if is_in_classes else OFFICE_READ},
        "<uuid>/access/": {"GET": ADMINISTRATOR},
        "<uuid>/consents/": {"GET": OFFICE, "POST": OFFICE},
        "<uuid>/consents/withdraw/": {"POST": OFFICE},
        **({"bulk-change/": {"POST": OFFICE}} if is_in_classes else {}),
        "photos/": {"POST": OFFICE},
        "import/": {"POST": OFFICE},
        "import/<uuid>/": {"GET": OFFICE},
        "import/template/": {"GET": read},
    }


CHANGES = {
    "": {"GET": OFFICE_READ},
    "<uuid>/": {"GET": OFFICE_READ},
    "<uuid>/undo/": {"POST": OFFICE},
}
CARDS = {
    "": {"GET": OFFICE_READ, "POST": OFFICE},
    "<uuid>/": {"GET": OFFICE_READ, "PUT": OFFICE, "PATCH": OFFICE, "DELETE": ADMINISTRATOR},
    "<uuid>/activate/": {"PATCH": OFFICE},
    "<uuid>/deactivate/": {"PATCH": OFFICE},
    "<uuid>/retire/": {"POST": OFFICE},
    "<uuid>/replace/": {"POST": OFFICE},
    "<uuid>/return/": {"POST": OFFICE},
    "<uuid>/history/": {"GET": OFFICE_READ},
    "temporary/": {"GET": OFFICE_READ, "POST": OFFICE},
    "temporary/<uuid>/": {"GET": OFFICE_READ},
    "temporary/<uuid>/return/": {"POST": OFFICE},
    "bulk-print/": {"POST": OFFICE},
    "print-jobs/<uuid>/": {"GET": OFFICE},
    "print-jobs/<uuid>/file/": {"GET": OFFICE},
    "print-logs/": {"GET": OFFICE_READ},
    "verification-logs/": {"GET": OFFICE_READ},
    "statistics/": {"GET": OFFICE_READ},
}
CARDS_OF_A_KIND = {
    "<uuid>/print-{kind.key}-card/": {"GET": OFFICE, "POST": OFFICE},
    "{kind.plural_key}-without-cards/": {"GET": OFFICE_READ},
    "bulk-create-{kind.key}-cards/": {"POST": OFFICE},
    "verify/{kind.key}/<text>/": {"GET": EVERYBODY},
}
POS: dict[str, dict[str, frozenset[str]]] = {
    "taps/": {"GET": OF_EVERYBODY, "POST": READER},
    "taps/batch/": {"POST": READER},
    "taps/annul/": {"POST": READER},
    "taps/reassess/": {"POST": OFFICE | ATTENDANCE | TEACHER},
    "taps/<number>/annul/": {"POST": ATTENDANCE | MEALS | TEACHER},
    "heartbeat/": {"POST": READER},
    "me/": {"GET": READER},
    "admission/": {"GET": READER},
    "pair/": {"POST": EVERYBODY},
    "devices/": {"GET": ADMINISTRATOR, "POST": ADMINISTRATOR},
    "devices/<uuid>/": {"GET": ADMINISTRATOR, "PATCH": ADMINISTRATOR},
    "devices/<uuid>/collisions/": {"GET": ADMINISTRATOR},
    "devices/<uuid>/teach/": {"POST": ADMINISTRATOR},
    "devices/<uuid>/roll-key/": {"POST": ADMINISTRATOR},
    "devices/<uuid>/pairing-code/": {"POST": ADMINISTRATOR},
    # The reader here is a gate; those of a hatch are for whoever manages meals.
    "devices/<uuid>/count-conflicts/": {"POST": ATTENDANCE},
    "devices/<uuid>/mqtt/": {"GET": ADMINISTRATOR},
    "mapped/": {"GET": frozenset(), "POST": frozenset()},
}
DAYS = {
    "": {"GET": ATTENDANCE_READ},
    "<uuid>/": {"GET": ATTENDANCE_READ, "PATCH": ATTENDANCE | TEACHER},
    "staff/": {"GET": ATTENDANCE_READ - TEACHER},
    "staff/<uuid>/": {"GET": ATTENDANCE_READ - TEACHER, "PATCH": ATTENDANCE},
    "on-site/": {"GET": ATTENDANCE_READ},
    "streaks/": {"GET": ATTENDANCE_READ},
    "roll-calls/": {"GET": ATTENDANCE_READ, "POST": ATTENDANCE},
    "roll-calls/<uuid>/": {"GET": ATTENDANCE_READ},
    "roll-calls/<uuid>/mark/": {"POST": ATTENDANCE | TEACHER},
    "roll-calls/<uuid>/end/": {"POST": ATTENDANCE},
    "correct/": {"POST": ATTENDANCE | TEACHER},
    "<uuid>/why/": {"GET": ATTENDANCE_READ},
    "staff/<uuid>/why/": {"GET": ATTENDANCE_READ - TEACHER},
    **{
        address: {"GET": ATTENDANCE_READ, "POST": ATTENDANCE}
        for address in ("schedules/", "absences/")
    },
    **{
        f"{address}/<uuid>/": {
            "GET": ATTENDANCE_READ,
            **dict.fromkeys(("PUT", "PATCH", "DELETE"), ATTENDANCE),
        }
        for address in ("schedules", "absences")
    },
    "changes/": {"GET": ATTENDANCE_READ},
    "changes/<uuid>/undo/": {"POST": ATTENDANCE},
    "reopen/": {"POST": ATTENDANCE},
    "absences/import/": {"POST": ATTENDANCE},
    "absences/import/template/": {"GET": ATTENDANCE_READ},
    "close/": {"POST": ATTENDANCE},
    "policy/": {
        "GET": ATTENDANCE_READ,
        **dict.fromkeys(("POST", "PUT", "PATCH", "DELETE"), ATTENDANCE),
    },
    "holidays/": {"GET": ATTENDANCE_READ, "POST": ATTENDANCE},
    "holidays/<uuid>/": {
        "GET": ATTENDANCE_READ,
        **dict.fromkeys(("PUT", "PATCH", "DELETE"), ATTENDANCE),
    },
}
KITCHEN = {
    "periods/": {"GET": MEALS_READ, "POST": MEALS},
    "periods/<uuid>/": {
        "GET": MEALS_READ,
        **dict.fromkeys(("PUT", "PATCH", "DELETE"), MEALS),
    },
    "services/": {"GET": MEALS_READ, "POST": MEALS},
    "services/<uuid>/": {"GET": MEALS_READ},
    "services/<uuid>/void/": {"POST": MEALS},
    "summary/": {"GET": MEALS_READ},
}
INCIDENTS = {
    "": {"GET": DISCIPLINE_READ, "POST": DISCIPLINE},
    "<uuid>/": {"GET": DISCIPLINE_READ},
    "<uuid>/void/": {"POST": DISCIPLINE},
    "<uuid>/evidence/": {"GET": DISCIPLINE_READ},
}
# Each role has those of the reports that it may read; `reports.tests` says which.
SCHEDULES = SIGNED_IN - HEAD - TEACHER
REPORTS = {
    "attendance/": {"GET": ATTENDANCE_READ},
    "discipline/": {"GET": DISCIPLINE_READ},
    "kitchen/": {"GET": MEALS_READ},
    "schedules/": {"GET": OF_EVERYBODY, "POST": SCHEDULES},
    "schedules/<uuid>/": {
        "GET": OF_EVERYBODY,
        **dict.fromkeys(("PUT", "PATCH", "DELETE"), SCHEDULES),
    },
}
GUARDIANS = {
    "": {"GET": OFFICE_READ | TEACHER, "POST": OFFICE},
    "<uuid>/": {
        "GET": OFFICE_READ | TEACHER,
        **dict.fromkeys(("PUT", "PATCH", "DELETE"), OFFICE),
    },
    "<uuid>/history/": {"GET": OFFICE_READ | TEACHER},
    "<uuid>/confirm/": {"POST": OFFICE},
    "<uuid>/stop/": {"POST": OFFICE},
    "<uuid>/start/": {"POST": OFFICE},
    "<uuid>/consents/": {"GET": OFFICE, "POST": OFFICE},
    "<uuid>/consents/withdraw/": {"POST": OFFICE},
}
NOTICES: dict[str, dict[str, frozenset[str]]] = {
    "": {"GET": ATTENDANCE | DISCIPLINE | HEAD},
    "<uuid>/": {"GET": ATTENDANCE | DISCIPLINE | HEAD},
    "<uuid>/retry/": {"POST": ATTENDANCE | DISCIPLINE},
    "inbound/": {"POST": frozenset()},
}
WEBHOOKS = {
    "": {"GET": ADMINISTRATOR, "POST": ADMINISTRATOR},
    "<uuid>/": dict.fromkeys(("GET", "PUT", "PATCH", "DELETE"), ADMINISTRATOR),
    "<uuid>/roll-secret/": {"POST": ADMINISTRATOR},
    "<uuid>/test/": {"POST": ADMINISTRATOR},
    "<uuid>/deliveries/": {"GET": ADMINISTRATOR},
    "<uuid>/deliveries/<uuid>/resend/": {"POST": ADMINISTRATOR},
}
# At the address of another; at their own, each role is let in by `monitor.tests.test_own_name`.
MONITOR = {
    "reset-second-factor/": {"POST": ADMINISTRATOR},
    "register-card/": {"POST": ADMINISTRATOR},
    "cards/": {"GET": ADMINISTRATOR},
    "register-student/": {"POST": ADMINISTRATOR},
    "student/": {"GET": ADMINISTRATOR},
    "student/<uuid>/details/": {"GET": ADMINISTRATOR},
    "attendance-check/": {"POST": ADMINISTRATOR},
    "kitchen-service/": {"POST": ADMINISTRATOR},
    "discipline-incident/": {"POST": ADMINISTRATOR},
    "dashboard/": {"GET": ADMINISTRATOR},
    "POS-device/": {"GET": ADMINISTRATOR, "POST": ADMINISTRATOR},
}
ADDRESSES: dict[str, dict[str, frozenset[str]]] = {
    **{f"api/changes/{suffix}": methods for suffix, methods in CHANGES.items()},
    **{f"api/cards/{suffix}": methods for suffix, methods in CARDS.items()},
    **{
        f"api/cards/{suffix.format(kind=kind)}": methods
        for kind in kinds()
        for suffix, methods in CARDS_OF_A_KIND.items()
    },
    **{f"api/pos/{suffix}": methods for suffix, methods in POS.items()},
    **{f"api/attendance/{suffix}": methods for suffix, methods in DAYS.items()},
    **{f"api/kitchen/{suffix}": methods for suffix, methods in KITCHEN.items()},
    **{f"api/discipline/incidents/{suffix}": methods for suffix, methods in INCIDENTS.items()},
    **{f"api/reports/{suffix}": methods for suffix, methods in REPORTS.items()},
    **{f"api/students/<uuid>/guardians/{suffix}": who for suffix, who in GUARDIANS.items()},
    "api/guardians/import/": {"POST": OFFICE},
    "api/guardians/import/<uuid>/": {"GET": OFFICE},
    "api/guardians/import/template/": {"GET": OFFICE},
    **{f"api/notifications/{suffix}": methods for suffix, methods in NOTICES.items()},
    **{f"api/webhooks/{suffix}": methods for suffix, methods in WEBHOOKS.items()},
    **{f"auth/admin/<uuid>/{suffix}": methods for suffix, methods in MONITOR.items()},
    "api/live/": {"GET": SIGNED_IN},
    "api/schema/": {"GET": EVERYBODY},
    "api/docs/": {"GET": EVERYBODY},
    "api/token/": {"POST": EVERYBODY},
    "api/token/refresh/": {"POST": EVERYBODY},
    "api/token/blacklist/": {"POST": EVERYBODY},
    "auth/admin/login/": {"GET": EVERYBODY, "POST": EVERYBODY},
    "auth/admin/register/": {"POST": ADMINISTRATOR},
    "auth/admin/<uuid>/": {"GET": ADMINISTRATOR, "PATCH": ADMINISTRATOR},
    "auth/admin/<uuid>/history/": {"GET": ADMINISTRATOR},
    **{
        f"api/{kind.plural_key}/{suffix}": methods
        for kind in kinds()
        for suffix, methods in people_of(kind).items()
    },
}
# Signing in with nothing is refused as such, whoever asks.
REFUSES_EMPTY_CREDENTIALS = {("auth/admin/login/", "GET")}
# Elsewhere a reader's key is no key at all, and its bearer nobody: 401.
KNOWS_READERS = {
    *("api/pos/taps/", "api/pos/taps/batch/"),
    *("api/pos/taps/annul/", "api/pos/taps/<number>/annul/", "api/pos/taps/reassess/"),
    *("api/pos/heartbeat/", "api/pos/me/", "api/pos/admission/", "api/pos/mapped/"),
}

# What this installation has not set up says so (contract section 4).
SWITCHED_OFF = {("api/pos/devices/<uuid>/mqtt/", 501)}

# A test event is sent there, and refused at once.
NOWHERE = "https://webhook.invalid/"
# Firmware may be newer than we are: what a reader says and we do not know is named in the answer.
NAMES_WHAT_IT_IGNORES = {
    *("api/pos/taps/", "api/pos/taps/batch/"),
    *("api/pos/taps/annul/", "api/pos/heartbeat/"),
}

# The SMS gateway's, who is no role and no reader, and those of readers with a table of names;
# `notifications.tests.test_stopping` and `doors.tests.test_mapped` come as them.
OF_NOBODY_HERE = {"api/notifications/inbound/", "api/pos/mapped/"}

# Frappe's, where a tool of its makers leaves check-ins; `doors.tests.test_frappe` comes as it.
OF_OTHERS = ("api/method/", "api/resource/")

# A day is corrected with a reason, which no answer holds in that place.
SAYS_WHY = {"api/attendance/<uuid>/", "api/attendance/staff/<uuid>/"}

# These need no body, so that any will do.
MAKE_FROM_NOTHING = {
    *("api/pos/devices/<uuid>/pairing-code/", "api/pos/devices/<uuid>/count-conflicts/"),
}

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
RUBBISH: list[tuple[str, Any]] = [
    ("application/json", b""),
    ("application/json", b"{"),
    ("application/json", b"[]"),
    ("application/json", b"[[1], {}]"),
    ("application/json", b"null"),
    ("application/json", b'"text"'),
    ("application/json", b"NaN"),
    ("application/json", b'{"first_name": NaN}'),
    ("application/json", b"[" * 100_000),
    ("application/json", b"\xff\xfe\x00"),
    ("application/json", b'{"username": "\\ud800", "password": "\\udfff"}'),
    ("application/json", b'{"\\ud800": 1}'),
    ("application/json", b'{"username": "a\\u0000", "password": "b\\u0000"}'),
    ("application/json", b'{"username": {"a": 1}, "password": [1], "refresh": {"x": 1}}'),
    ("application/json", b'{"refresh": "' + b"x" * 10_000 + b'"}'),
    ("application/json", b'{"first_name": "a\\u0000b", "surname": "\\u202e", "role": 7}'),
    ("application/json", b'{"registration_number": 9' + b"9" * 5000 + b"}"),
    ("application/json", b'{"date_of_birth": "0000-00-00", "is_active": "perhaps"}'),
    ("application/json", b'{"date_of_birth": "99999-01-01", "email": "nobody"}'),
    ("application/json", b'{"date": "0000-00-00", "name": 7, "status": "Gone", "reason": []}'),
    ("application/json", b'{"date": "9999-12-31", "name": "a\\u0000b", "status": null}'),
    ("application/json", b'{"late_after": "25:00", "closes_at": [], "working_days": [0, 8]}'),
    ("application/json", b'{"class_level": {"a": 1}, "late_after": true, "working_days": "all"}'),
    ("application/json", b'{"class_level": "a\\u0000b", "working_days": [1e400]}'),
    ("application/json", b'{"working_days": [[1]], "days": {"1": 2}, "starts_at": -1}'),
    ("application/json", b'{"name": "x", "starts_at": "12:00", "ends_at": "11:00", "days": []}'),
    ("application/json", b'{"pos_id": 1, "activity_type": "doors", "number_format": "hex\\u0000"}'),
    ("application/json", b'{"device_time": "0000-00-00T00:00:00Z", "queue_depth": 1e30}'),
    ("application/json", b'{"device_time": "9999-12-31T23:59:59-14:00", "firmware": "\\u0000"}'),
    ("application/json", b'{"card": 4294967295}'),
    ("application/json", b'{"card": null, "event_id": null}'),
    ("application/json", b'{"card": "a\\u0000b"}'),
    ("application/json", b'{"card": "04A32B1C", "event_id": {"a": 1}, "direction": ["in"]}'),
    ("application/json", b'{"card": "04A32B1C", "tapped_at": 1795200000}'),
    ("application/json", b'{"card": "04A32B1C", "tapped_at": "2026-11-21"}'),
    ("application/json", b'{"card": "04A32B1C", "tapped_at": "2026-02-30T07:00:00Z"}'),
    ("application/json", b'{"card": "04A32B1C", "tapped_at": "0000-01-01T00:00:00+14:00"}'),
    ("application/json", b'{"card": "04A32B1C", "tapped_at": "10000-01-01T00:00:00-14:00"}'),
    ("application/json", b'{"card": "04A32B1C", "food_item": {"a": [1]}, "offline": "yes"}'),
    ("application/json", b'{"student": 1, "points_deducted": 1e400, "date_of_incident": []}'),
    ("application/json", b'{"card_id": 4294967295, "at": "0001-01-01T00:00:00+14:00"}'),
    ("application/json", b'{"card": {"rfid_number": [1]}, "reason": "\\ud800"}'),
    ("application/json", b'{"report": "kitchen", "period": [], "recipients": {"a": "b"}}'),
    ("application/json", b'{"report": "\\u0000", "format": 1, "recipients": ["a@b\\u0000.c"]}'),
    ("application/json", b'{"taps": null}'),
    ("application/json", b'{"taps": []}'),
    ("application/json", b'{"taps": {"0": {"card": "04A32B1C"}}}'),
    ("application/json", b'{"taps": "04A32B1C"}'),
    ("application/json", b'{"taps": [' + b"0," * 500 + b"0]}"),
    ("application/json", b'{"taps": [1, null, "x", [], [[]], {}, 1e400, true]}'),
    ("application/json", b'{"taps": [{"card": ' + b"[" * 400 + b"]" * 400 + b"}]}"),
    ("application/json", b'{"taps": ' + b"[" * 50_000),
    ("application/json", b'{"taps": [{"event_id": "a\\u0000", "card": "\\u0000"}]}'),
    ("application/json; charset=latin-1", b"{}"),
    ("application/json; charset=no-such", b"{}"),
    ("application/xml", b"<a/>"),
    ("text/plain", b"hello"),
    ("", b"{}"),
    ("x" * 300, b"{}"),
    ("application/x-www-form-urlencoded", b"a=%00&b=%ff"),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b"--x\r\nnot a part"),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\x00.csv"\r\n\r\n\x00\r\n'
        b'--x\r\nContent-Disposition: form-data; name="photo"; filename="../../a"\r\n\r\n\xff\r\n'
        b"--x--\r\n",
    ),
]
QUERIES = (
    "page=0",
    "page=x",
    "page=99999999999999999999999",
    "page_size=x",
    "page_size=-1",
    "page_size=99999999999999999999",
    "search=%00",
    "search=%ff%fe",
    "search=" + "x" * 500,
    "ordering=password",
    "ordering=%00",
    "ordering=-",
    "is_active=perhaps",
    "student_status=Gone",
    "department=%00",
    "format=xml",
    "format=csv&is_active=perhaps",
    "format=%00",
    "date=0000-00-00",
    "date=9999-12-31",
    "date=%00",
    "from=x",
    "to=%00",
    "from=2026-11-21&to=2026-11-20",
    "status=Gone",
    "status=Present%00",
    "code=nope",
    "decision=perhaps",
    "activity=%00",
    "offline=perhaps",
    "clock_suspect=%ff",
    "is_double=2",
    "student=not-a-uuid",
    "staff=%00",
    "security=1",
    "card=04A32B1C",
    "device=not-a-uuid",
    "device=00000000-0000-0000-0000-000000000000%00",
    "period=x",
    "activity_type=doors",
    "class_level=%00",
    "food_item=%00",
    "voided=perhaps",
    "category=%00",
    "group_by=%00",
    "period=weekly&date=9999-12-31",
    "from=2026-01-01&to=2027-12-31",
    "card_id=%00",
    "limit=-1",
    "ordering=tap_id,-counted_at,status",
)


def _addresses(resolver: URLResolver | Any = None, prefix: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern, route)
        elif route.startswith(("api/", "auth/")) and not route.startswith(OF_OTHERS):
            assert isinstance(pattern, URLPattern)
            yield route


def _with_uuid_placeholder(route: str) -> str:
    for kind, placeholder in (("str", "text"), ("uuid", "uuid"), ("int", "number")):
        route = re.sub(rf"<{kind}:\w+>", f"<{placeholder}>", route)
    return route


@pytest.fixture(autouse=True)
def nobody_is_throttled(settings: Settings) -> None:
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "100000/min")


@pytest.fixture(autouse=True)
def a_gateway_hands_answers_on(settings: Settings) -> None:
    settings.SMS_INBOUND_SECRET = "a-long-secret-of-the-gateway"


@pytest.fixture
def somebody() -> dict[str, str]:
    """One existing id for each kind of address."""
    own = {STUDENT: {"class_code": OWN_CLASS}}  # and of the class teacher
    people = {kind: MAKERS[kind.key](**own.get(kind, {})) for kind in kinds()}
    student, member = people[STUDENT], people[STAFF]
    # The same id, for an address that names both.
    Guardian.objects.create(
        guardian_id=student.pk, student=student, name="Rehema Mushi", phone="+255712345678"
    )
    notice = Notice.objects.create(
        student=student,
        channel="sms",
        kind="absence",
        event_id=uuid4(),
        date="2026-11-20",
        says="Absent",
        expires_at="2026-11-23T00:00:00Z",
        state="failed",
    )
    webhook, _ = make_webhook(NOWHERE)
    # The same id, for an address that names both.
    make_delivery(webhook, event_id=webhook.pk)
    day = date(2026, 11, 20)
    period = MealPeriod.objects.create(name="Lunch", starts_at=time(12), ends_at=time(14))
    meal = KitchenService.objects.create(
        person=student, period=period, date=day, service_time="2026-11-20T12:30:00+03:00"
    )
    card = make_card(student)
    return {
        **{f"api/{kind.plural_key}/": str(person.pk) for kind, person in people.items()},
        "auth/admin/": str(uuid4()),
        "api/changes/": str(make_deed().pk),
        "api/cards/print-jobs/": str(uuid4()),
        "api/guardians/import/": str(uuid4()),
        "api/cards/temporary/": str(make_temporary_card(student).pk),
        "api/cards/": str(card.pk),
        "api/pos/taps/": str(_tap_of(card)),
        "api/pos/devices/": str(make_reader()[0].pk),
        "api/attendance/staff/": str(make_day(member, day).pk),
        "api/attendance/holidays/": str(make_holiday(day, "Feast").pk),
        "api/attendance/roll-calls/": str(make_roll_call().pk),
        "api/attendance/": str(make_day(student, day).pk),
        "api/kitchen/periods/": str(period.pk),
        "api/kitchen/services/": str(meal.pk),
        "api/discipline/incidents/": str(make_incident(student).pk),
        "api/reports/schedules/": str(make_schedule().pk),
        "api/notifications/": str(notice.pk),
        "api/webhooks/": str(webhook.pk),
    }


def _tap_of(card: Card) -> int:
    _, gate = make_reader(name="Back gate")
    gate.post("/api/pos/taps/", {"card": card.rfid_number, "event_id": "1"})
    return Tap.objects.get(event_id="1", device__name="Back gate").pk


@pytest.fixture
def client_of(caller: Callable[[str], APIClient]) -> Callable[[str], APIClient]:
    """`client_of("nobody" | "reader" | a role)`."""

    def client_for(who: str) -> APIClient:
        if who == "nobody":
            return APIClient()
        return make_reader(name="Side gate")[1] if who == "reader" else caller(who)

    return client_for


def _path(route: str, ids: dict[str, str]) -> str:
    pk = next((pk for prefix, pk in ids.items() if route.startswith(prefix)), "")
    path = "/" + route.replace("<uuid>", pk).replace("<text>", "rubbish").replace("<number>", pk)
    # Without a question the live feed is a stream; `live.tests.test_live` reads those.
    return f"{path}?since=" if route == "api/live/" else path


def _send(client: APIClient, method: str, path: str) -> Any:
    return client.generic(method, path, "", content_type="application/json")


def test_the_table_names_every_address() -> None:
    assert {_with_uuid_placeholder(route) for route in _addresses()} == set(ADDRESSES)


def _wall(who: str, route: str) -> int:
    """What somebody is told who may not."""
    is_unknown = who == "nobody" or (who == "reader" and route not in KNOWS_READERS)
    return 401 if is_unknown else 403


def _who_may(allowed: frozenset[str]) -> str:
    return "reader" if allowed == READER else "administrator"


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_each_role_meets_its_walls(
    role: str, client_of: Callable[[str], APIClient], somebody: dict[str, str]
) -> None:
    client = client_of(role)
    for route, methods in ADDRESSES.items():
        for method, allowed in methods.items():
            status = _send(client, method, _path(route, somebody)).status_code
            where = f"{method} {route} as {role}: {status}"
            if (route, method) in REFUSES_EMPTY_CREDENTIALS:
                assert status == 401, where
            elif role in allowed:
                assert status not in {401, 403, 405}, where
                assert status < 500 or (route, status) in SWITCHED_OFF, where
            else:
                assert status == _wall(role, route), where


@pytest.mark.parametrize("role", ["administrator", "kitchen_admin", "reader"])
def test_options_and_head_are_answered_everywhere(
    role: str, client_of: Callable[[str], APIClient], somebody: dict[str, str]
) -> None:
    client = client_of(role)
    for route, methods in ADDRESSES.items():
        path = _path(route, somebody)
        for query in ("", "?format=json", "?format=csv", "?format=xlsx", "?format=pdf"):
            assert client.options(f"{path}{query}").status_code < 500, (route, query)
        if "GET" in methods:
            assert client.head(path).status_code == client.get(path).status_code, route


def test_no_address_ignores_a_parameter_that_it_does_not_know(
    client_of: Callable[[str], APIClient], somebody: dict[str, str]
) -> None:
    clients = {who: client_of(who) for who in ("administrator", "reader")}
    for route, methods in ADDRESSES.items():
        for method, allowed in methods.items():
            if route in OF_NOBODY_HERE or (method != "GET" and route in NAMES_WHAT_IT_IGNORES):
                continue
            path = _path(route, somebody)
            unknown = f"{path}{'&' if '?' in path else '?'}nosuch=1"
            response = _send(clients[_who_may(allowed)], method, unknown)
            assert response.status_code == 400, f"{method} {route}: {response.status_code}"
            assert response.json() == {"nosuch": ["Unknown parameter."]}, f"{method} {route}"


def test_no_write_ignores_a_key_that_it_does_not_know(
    client_of: Callable[[str], APIClient], somebody: dict[str, str]
) -> None:
    clients = {who: client_of(who) for who in ("administrator", "reader")}
    before = _all_rows()
    for route, methods in ADDRESSES.items():
        for method, allowed in methods.items():
            if method == "GET" or route in NAMES_WHAT_IT_IGNORES | OF_NOBODY_HERE:
                continue
            client, path = clients[_who_may(allowed)], _path(route, somebody)
            response = getattr(client, method.lower())(path, {"nosuch": 1}, format="json")
            if response.status_code == 415:
                form = {"nosuch": "1"}
                response = getattr(client, method.lower())(path, form, format="multipart")
            assert response.status_code == 400, f"{method} {route}: {response.status_code}"
            assert response.json() == {"nosuch": ["Unknown key."]}, f"{method} {route}"
    assert _all_rows() == before


DIGEST = 'SELECT count(*), sum(hashtext(t::text)) FROM "{table}" AS t'


def _all_rows() -> dict[str, Any]:
    """What the database holds, but for the counts of requests: a digest of each table."""
    tables = set(connection.introspection.table_names()) - {"core_throttlewindow"}
    with connection.cursor() as cursor:
        rows = {}
        for table in sorted(tables):
            cursor.execute(DIGEST.format(table=table))
            rows[table] = cursor.fetchone()
    return rows


def test_what_was_read_can_be_sent_back(
    client_of: Callable[[str], APIClient], somebody: dict[str, str]
) -> None:
    """Keys that only we write come back with the others, and are passed over."""
    client = client_of("administrator")
    for route, methods in ADDRESSES.items():
        for method in {"PUT", "PATCH"} & set(methods) if "GET" in methods else ():
            path = _path(route, somebody)
            read = client.get(path)
            if read.status_code == 200:
                again = getattr(client, method.lower())(path, read.json(), format="json")
                assert again.status_code == 200 or route in SAYS_WHY, f"{method} {route}"
                assert not any("Unknown" in str(said) for said in again.json().values()), route


def test_other_methods_are_405_in_json(
    client_of: Callable[[str], APIClient], somebody: dict[str, str]
) -> None:
    clients = {who: client_of(who) for who in ("administrator", "reader")}
    for route, methods in ADDRESSES.items():
        client = clients["reader" if READER in methods.values() else "administrator"]
        for method in set(METHODS) - set(methods) if route not in OF_NOBODY_HERE else ():
            response = _send(client, method, _path(route, somebody))
            assert response.status_code == 405, f"{method} {route}"
            assert response.json()["code"] == "method_not_allowed"


def _assert_is_an_answer(response: Any, where: str) -> None:
    assert response.status_code < 500, f"{where}: {response.status_code}"
    if response.status_code < 400:
        return
    body = json.loads(response.content)
    is_message = {"detail", "code"} <= set(body)
    is_field_errors = all(isinstance(messages, list | dict) for messages in body.values())
    is_import_report = "summary" in body
    assert is_message or is_field_errors or is_import_report, f"{where}: {body}"
    assert b"Traceback" not in response.content, where


@pytest.mark.parametrize("rubbish", RUBBISH, ids=lambda r: f"{r[0][:40]}-{r[1][:20]!r}")
def test_rubbish_gets_a_clear_answer(
    rubbish: tuple[str, Any],
    client_of: Callable[[str], APIClient],
    somebody: dict[str, str],
) -> None:
    content_type, body = rubbish
    clients = {who: client_of(who) for who in ("administrator", "reader")}
    for route, methods in ADDRESSES.items():
        for method in set(methods) - {"GET", "DELETE"}:
            response = clients[_who_may(methods[method])].generic(
                method, _path(route, somebody), body, content_type=content_type
            )
            _assert_is_an_answer(response, f"{method} {route}")
            assert response.status_code != 201 or route in MAKE_FROM_NOTHING
    assert Tap.objects.count() == 1  # of the cast


@pytest.mark.parametrize("query", QUERIES)
def test_bad_queries_get_a_clear_answer(
    query: str, administrator: APIClient, somebody: dict[str, str]
) -> None:
    for route in ADDRESSES:
        path = _path(route, somebody)
        response = administrator.get(f"{path}{'&' if '?' in path else '?'}{query}")
        if not response.streaming and (route, response.status_code) not in SWITCHED_OFF:
            _assert_is_an_answer(response, f"{route}?{query}")


@pytest.mark.parametrize(
    "path",
    [
        "/api/students/not-a-uuid/",
        "/api/students/00000000-0000-0000-0000-000000000000/",
        "/api/students/%00/",
        "/api/nothing/",
        "/api/",
        "/auth/nothing",
        "/auth/admin/not-a-uuid/",
        "/api/pos/",
        "/api/pos/devices/not-a-uuid/",
        "/api/attendance/not-a-uuid/",
        "/api/attendance/staff/00000000-0000-0000-0000-000000000000/",
        "/api/kitchen/",
        "/api/kitchen/services/not-a-uuid/",
    ],
)
def test_unknown_addresses_are_404_in_the_seeds_shape(path: str, administrator: APIClient) -> None:
    response = administrator.get(path)
    assert response.status_code == 404
    assert response.json()["success"] is False
    assert response.json()["code"] == "not_found"


def test_a_huge_body_is_refused_unread(administrator: APIClient) -> None:
    response = administrator.generic(
        "POST", "/api/students/", " " * (3 * 2**20), content_type="application/json"
    )
    assert response.status_code == 413
    assert response.json()["code"] == "too_large"


@pytest.mark.parametrize("address", ["taps/", "taps/batch/", "heartbeat/"])
def test_a_huge_body_is_refused_of_a_reader_too(
    address: str, client_of: Callable[[str], APIClient]
) -> None:
    body = '{"taps": ["' + "x" * (10 * 2**20) + '"]}'
    response = client_of("reader").generic(
        "POST", f"/api/pos/{address}", body, content_type="application/json"
    )
    assert response.status_code == 413
    assert response.json()["code"] == "too_large"


# Odd, each in one field of a tap that is otherwise fine: recorded or refused, and read again.
ODD: list[tuple[str, Any]] = [
    ("card", " \r\n"),
    ("card", "\N{PILE OF POO}" * 200),
    ("card", "x" * 201),
    ("card", "'; DROP TABLE pos_tap; --"),
    ("card", "\u202e04A32B1C\u200b"),
    ("card", "f" * 200),
    ("card", "0" * 200),
    ("event_id", ""),
    ("event_id", "x" * 65),
    ("event_id", "\N{PILE OF POO}" * 64),
    ("event_id", "a\tb"),
    ("tapped_at", ""),
    ("tapped_at", "0001-01-01T00:00:00"),
    ("tapped_at", "0001-01-01T00:00:00Z"),
    ("tapped_at", "0001-01-01T03:00:00+03:00"),
    ("tapped_at", "9999-12-31T23:59:59"),
    ("tapped_at", "9999-12-31T20:59:59.999999Z"),
    ("tapped_at", "2026-11-21T24:00:00Z"),
    ("tapped_at", "2026-11-21T07:31:60Z"),
    ("tapped_at", "2026-11-21T07:31:02+99:99"),
    ("tapped_at", "2026-11-21T07:31:02.123456789+23:59"),
    ("direction", ""),
    ("direction", "IN"),
    ("food_item", "x" * 101),
    ("food_item", "a\nb"),
    ("offline", 1),
    ("offline", None),
    ("extra", {"\x00": "\x00"}),
]


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize(("field", "value"), ODD, ids=lambda part: repr(part)[:30])
def test_an_odd_tap_is_recorded_or_refused_and_stops_no_other(
    field: str,
    value: Any,
    offline: bool,
    administrator: APIClient,
    client_of: Callable[[str], APIClient],
) -> None:
    reader = client_of("reader")
    odd = {"card": "04A32B1C", "event_id": "odd", "offline": offline, field: value}
    response = reader.post("/api/pos/taps/", odd)
    _assert_is_an_answer(response, f"{field}: {value!r}")
    assert response.status_code in {201, 400}
    again = reader.post("/api/pos/taps/batch/", {"taps": [odd, {"card": "04A32B1C"}, odd]})
    said = [result["status"] for result in again.json()["results"]]
    is_taken = response.status_code == 201
    assert said == (["duplicate", "created"] if is_taken else ["rejected", "created"]) + said[:1]
    listed = administrator.get("/api/pos/taps/?offline=" + str(offline).lower())
    assert listed.status_code == 200


def test_an_odd_tap_sent_again_as_another_is_a_conflict(
    client_of: Callable[[str], APIClient],
) -> None:
    reader = client_of("reader")
    reader.post("/api/pos/taps/", {"card": "04A32B1C", "event_id": "1"})
    clash = {"card": "AABBCCDD", "event_id": "1", "\x00": {"\x00": "\x00"}}
    response = reader.post("/api/pos/taps/", clash)
    assert response.status_code == 409
    assert response.json()["code"] == "event_conflict"


def test_paths_without_their_last_slash_are_served_not_redirected(officer: APIClient) -> None:
    student = {"registration_number": "DIT/2", "first_name": "Ali", "surname": "Said"}
    assert officer.post("/api/students", student).status_code == 201
    assert officer.get("/api/students").json()["count"] == 1


def test_too_many_files_are_refused(officer: APIClient) -> None:
    files = {f"file{i}": SimpleUploadedFile("a.csv", b"x") for i in range(150)}
    response = officer.post("/api/students/import/", files, format="multipart")
    assert response.status_code == 413
