"""What of a person a role does not see stands behind no door (contract section 3, `Detail`).

Every address that answers GET, of the API and of the office, is read as every role, about a student
whose details are told nowhere else. A new address is read as well, without being named here.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import DETAILS, EVER_HIDDEN, Capability, Detail, Role
from cards.models import IDCardPrintLog, IDCardVerificationLog, snapshot
from cards.tests.factories import make_card, make_student
from conftest import OWN_CLASS
from discipline.services import record_incident
from notifications.models import Guardian, Notice
from notifications.permissions import kinds_for
from office.registry import contributions
from pos.tests.factories import make_reader
from students.models import Student
from students.serializers import StudentSerializer
from trackxpert.tests.test_every_address import ADDRESSES

pytestmark = pytest.mark.django_db

# However it is written: by the API, in a history, by the office.
SECRETS: dict[Detail, tuple[str, ...]] = {
    Detail.PHONE: ("255712000111", "contact_info"),
    Detail.EMAIL: ("siri@dit.example",),
    Detail.BIRTH_DATE: ("2003-02-27", "27/02/2003", "27 Feb", "Feb. 27"),
    Detail.GUARDIANS: ("Rehema Mlezi", "255713000222", "+255…222"),
    Detail.CHIP_NUMBERS: ("04A32B1C", "04:a3:2b:1c"),
    Detail.DIET: ("Cannot eat sesame",),
    Detail.POINTS: ("discipline_points", "points_deducted", "points left"),
}
# Doors at which whoever sees it must find it: so that the test would see it elsewhere too.
FOUND: dict[Detail, tuple[str, ...]] = {
    Detail.PHONE: (
        "/api/students/",
        "/api/students/<uuid>/",
        "/api/students/?format=csv",
        "/api/students/<uuid>/history/",
        "/auth/admin/<self>/student/<uuid>/details/",
        "/admin/students/student/<uuid>/change/",
        "/admin/students/student/<uuid>/history/",
    ),
    Detail.EMAIL: (
        "/api/students/",
        "/api/students/?format=csv",
        "/admin/students/student/<uuid>/change/",
    ),
    Detail.BIRTH_DATE: (
        "/api/students/",
        "/api/students/<uuid>/history/",
        "/api/students/?format=csv",
        "/admin/students/student/<uuid>/change/",
    ),
    Detail.GUARDIANS: (
        "/api/students/<uuid>/guardians/",
        "/admin/students/student/<uuid>/change/",
        "/admin/notifications/guardian/",
    ),
    Detail.CHIP_NUMBERS: (
        "/api/students/",
        "/api/cards/",
        "/api/cards/<uuid>/",
        "/api/cards/<uuid>/history/",
        "/api/cards/print-logs/",
        "/api/cards/verification-logs/",
        "/api/pos/taps/",
        "/auth/admin/<self>/student/<uuid>/details/",
        "/admin/cards/card/",
        "/admin/students/student/<uuid>/change/",
        "/admin/pos/tap/",
    ),
    Detail.DIET: (
        "/api/students/",
        "/api/students/<uuid>/",
        "/api/students/<uuid>/history/",
        "/auth/admin/<self>/student/<uuid>/details/",
        "/admin/students/student/<uuid>/change/",
    ),
    Detail.POINTS: (
        "/api/students/<uuid>/",
        "/auth/admin/<self>/student/<uuid>/details/",
        "/api/discipline/incidents/",
        "/admin/students/student/<uuid>/change/",
    ),
}
# Nothing about people; and a stream, which is asked for as JSON instead.
NO_DATA = {"api/schema/", "api/docs/", "auth/admin/login/", "api/live/"}


@pytest.fixture
def student(make_user: Callable[..., User]) -> Student:
    """With all the secrets, each in all the places where it may stand."""
    by = make_user("administrator", "recorder")
    student = make_student(class_code=OWN_CLASS)
    student.phone_number, student.email = "+255712000111", "siri@dit.example"
    student.date_of_birth = date(2003, 2, 27)
    student.diet_note = "Cannot eat sesame"
    student.save()  # the second line of the history
    guardian = Guardian.objects.create(
        guardian_id=student.pk, student=student, name="Rehema Mlezi", phone="+255713000222"
    )
    card = make_card(student, "04A32B1C")
    for kind in ("absence", "incident"):
        Notice.objects.create(
            student=student,
            guardian=guardian,
            channel="sms",
            kind=kind,
            event_id=uuid4(),
            date="2026-11-20",
            says="Absent",
            expires_at=timezone.now() + timedelta(days=1),
            state="failed",
            recipient="+255713000222",
            body="Dear Rehema Mlezi",
        )
    told = snapshot("student", student, card)
    IDCardPrintLog.objects.create(**told, printed_by=by, success=True)
    IDCardVerificationLog.objects.create(
        **told, asked="x", result="verified", ip_address="127.0.0.1"
    )
    record_incident(student=student, incident_description="Late", points_deducted=37, by=by)
    _, reader = make_reader()
    assert reader.post("/api/pos/taps/", {"card": "04:a3:2b:1c"}).json()["decision"] == "accepted"
    return student


def as_browser(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def _api_doors(student: Student, user: User) -> Iterator[str]:
    card = student.cards.get()
    own = {
        "api/cards/": str(card.pk),
        "api/attendance/": str(student.attendance.get().pk),
        "api/discipline/incidents/": str(student.incidents.get().pk),
        "api/notifications/": str(Notice.objects.filter(kind="absence").get().pk),
    }
    for route, methods in ADDRESSES.items():
        if "GET" in methods and route not in NO_DATA:
            name = next((pk for prefix, pk in own.items() if route.startswith(prefix)), None)
            path = route.replace("auth/admin/<uuid>", f"auth/admin/{user.pk}")
            named = path.replace("<uuid>", name or str(student.pk))
            yield f"/{named.replace('<text>', str(student.pk))}"
    yield from ("/api/students/?format=csv", "/api/live/?since=")
    yield f"/auth/admin/{user.pk}/student/?card_id={card.pk}"
    for report in ("attendance", "discipline"):
        yield f"/api/reports/{report}/?group_by=student"
        yield f"/api/reports/{report}/?group_by=student&format=csv"


def office_doors(student: Student) -> Iterator[str]:
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        row: Any = student if model is Student else model._default_manager.first()
        if row is not None:
            yield reverse(f"{name}_change", args=[row.pk])
            yield reverse(f"{name}_history", args=[row.pk])
    today = timezone.localdate()
    kwargs = [{}, {"pk": student.pk}, {"day": today}]
    kwargs.append({"day": today, "kind": "student", "pk": student.pk})
    for view in contributions().views:
        for given in kwargs:
            try:
                yield reverse(f"admin:{view.url_name}", kwargs=given)
            except NoReverseMatch:
                continue
    yield from ("/admin/find/?q=asha", "/", "/admin/", "/dashboard/parts/?part=feed&part=groups")


def body_of(response: Any) -> str:
    parts = response.streaming_content if response.streaming else [response.content]
    return b"".join(parts).decode(errors="replace")


@pytest.mark.parametrize("role", Role)
def test_what_a_role_does_not_see_stands_behind_no_door(
    role: Role, student: Student, make_user: Callable[..., User], caller: Callable[[str], APIClient]
) -> None:
    user = make_user(role)
    client, browser = caller(role), as_browser(user)
    asked_with: list[tuple[str, Any]] = [(door, client) for door in _api_doors(student, user)]
    asked_with += [(door, browser) for door in office_doors(student)]
    bodies = {door: body_of(asker.get(door)) for door, asker in asked_with}
    hidden = set(Detail) - DETAILS[role]
    leaks = [
        f"{detail.name} at {door}: {secret}"
        for detail in hidden
        for secret in SECRETS[detail]
        for door, body in bodies.items()
        if secret in body
    ]
    assert not leaks
    if role == Role.ADMINISTRATOR:
        for detail, doors in FOUND.items():
            for door in doors:
                pk = student.cards.get().pk if "/cards/" in door else student.pk
                body = bodies[door.replace("<uuid>", str(pk)).replace("<self>", str(user.pk))]
                assert any(secret in body for secret in SECRETS[detail]), f"{detail} at {door}"


@pytest.mark.parametrize("role", Role)
def test_nobody_finds_a_card_by_a_number_that_they_do_not_see(
    role: Role, student: Student, make_user: Callable[..., User], caller: Callable[[str], APIClient]
) -> None:
    user = make_user(role)
    sees = Detail.CHIP_NUMBERS in DETAILS[role]
    browser, client = as_browser(user), caller(role)
    if user.may(Capability.READ_CARDS):
        for text, count in (("04a32b1c", int(sees)), ("asha 04a32b", int(sees)), ("asha", 1)):
            answer = client.get("/api/cards/", {"search": text}).json()
            assert (answer["count"], answer["summary"]["total_cards"]) == (count, count), text
    for page in ("/admin/find/", "/admin/cards/card/", "/admin/cards/idcardprintlog/"):
        shown = browser.get(page, {"q": "04A32B1C"}, follow=True)
        assert (student.full_name in body_of(shown)) is sees, page
    if user.may(Capability.READ_TAPS):
        taps = browser.get("/admin/pos/tap/", {"q": "04A32B1C"})
        is_found = sees and user.may(Capability.READ_ATTENDANCE)
        assert (student.full_name in body_of(taps)) is is_found


ORDERINGS = [
    ("/api/students/", "date_of_birth", Detail.BIRTH_DATE, Capability.READ_PEOPLE),
    ("/api/cards/", "rfid_number", Detail.CHIP_NUMBERS, Capability.READ_CARDS),
]


@pytest.mark.parametrize(("url", "key", "detail", "capability"), ORDERINGS)
@pytest.mark.parametrize("role", Role)
def test_nobody_orders_by_what_they_do_not_see(
    role: Role,
    url: str,
    key: str,
    detail: Detail,
    capability: Capability,
    caller: Callable[[str], APIClient],
) -> None:
    if not User(role=role).may(capability):
        return
    for ordering in (key, f"-{key}"):
        answer = caller(role).get(url, {"ordering": ordering})
        assert answer.status_code == (200 if detail in DETAILS[role] else 400), role
        if answer.status_code == 400:
            assert f"{key}." not in answer.json()["ordering"][0].partition("Choose from")[2]


@pytest.mark.parametrize("role", Role)
def test_nobody_filters_notices_by_guardians_that_they_do_not_see(
    role: Role, student: Student, caller: Callable[[str], APIClient]
) -> None:
    answer = caller(role).get("/api/notifications/", {"guardian": str(student.pk)})
    user = User(role=role)
    if not kinds_for(user):
        assert answer.status_code == 403
    elif user.sees(Detail.GUARDIANS):
        assert answer.json()["count"] == 2
    else:
        assert (answer.status_code, list(answer.json())) == (400, ["guardian"])


LOOKUPS = [
    ("/admin/students/student/", "phone_number__startswith", "+255"),
    ("/admin/students/student/", "date_of_birth__gte", "2000-01-01"),
    ("/admin/students/student/", "points_deducted", "37"),
    ("/admin/students/student/", "guardians__phone__startswith", "+255"),
    ("/admin/cards/card/", "rfid_number__startswith", "04"),
    ("/admin/cards/card/", "search_text__contains", "04a3"),
    ("/admin/cards/idcardprintlog/", "rfid_number", "04A32B1C"),
    ("/admin/pos/tap/", "card_text__startswith", "04"),
]


@pytest.mark.parametrize(("page", "lookup", "value"), LOOKUPS)
def test_no_list_of_the_office_is_narrowed_by_a_column_that_it_has_no_filter_for(
    page: str, lookup: str, value: str, make_user: Callable[..., User]
) -> None:
    browser = as_browser(make_user("leadership"))
    assert browser.get(page).status_code == 200
    response = browser.get(page, {lookup: value})
    assert (response.status_code, response["Location"]) == (302, f"{page}?e=1")


def test_a_serializer_that_is_not_told_who_looks_shows_nothing(student: Student) -> None:
    with pytest.raises(AssertionError, match="not told who is looking"):
        _ = StudentSerializer(student).data


def test_what_some_role_does_not_see_is_required_in_no_answer(administrator: APIClient) -> None:
    components = administrator.get("/api/schema/?format=json").json()["components"]["schemas"]
    for name in ("Student", "Card", "LedgerTap", "Notice", "PrintLog"):
        described = components[name]
        assert described["properties"].keys() & EVER_HIDDEN, name
        assert not set(described["required"]) & EVER_HIDDEN, name
    assert "registration_number" in components["Student"]["required"]


@pytest.mark.parametrize("role", ["class_teacher", "kitchen_admin"])
def test_the_schema_is_the_same_whoever_asks(
    role: str, caller: Callable[[str], APIClient], anybody: APIClient
) -> None:
    mine = caller(role).get("/api/schema/?format=json").json()
    assert mine == anybody.get("/api/schema/?format=json").json()
