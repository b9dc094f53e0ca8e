"""Nothing is ignored in silence (contract section 4): the cases that hurt.

`test_every_address` sends an unknown key and an unknown parameter to every address there is.
"""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.tests.wire import assert_refused
from attendance.models import Schedule
from cards.tests.factories import make_card, make_student
from students.models import Student

pytestmark = pytest.mark.django_db

STUDENTS, CARDS = "/api/students/", "/api/cards/"


def refused(response: Any) -> Any:
    assert_refused(response, 400)
    return response.json()


def test_a_policy_for_a_class_does_not_become_everybodys(administrator: APIClient) -> None:
    before = list(Schedule.objects.values())
    body = {"class_code": "EV1", "late_after": "17:30"}
    errors = refused(administrator.post("/api/attendance/policy/", body))
    assert list(errors) == ["class_code"]
    assert list(Schedule.objects.values()) == before


def test_a_holiday_for_one_level_does_not_become_everybodys(administrator: APIClient) -> None:
    body = {"date": "2026-12-09", "name": "Feast", "class_level": "NTA 4"}
    errors = refused(administrator.post("/api/attendance/holidays/", body))
    assert errors == {"class_level": ["Unknown key."]}


def test_a_misspelt_key_is_told_what_it_may_have_meant(officer: APIClient) -> None:
    student = make_student()
    errors = refused(officer.patch(f"{STUDENTS}{student.pk}/", {"is_activ": False}))
    assert errors == {"is_activ": ["Unknown key; did you mean is_active?"]}
    card = make_card(student)
    errors = refused(officer.patch(f"{CARDS}{card.pk}/", {"rfid": "04A32B1C"}))
    assert list(errors) == ["rfid"]


def test_a_misspelt_filter_does_not_show_everybody(administrator: APIClient) -> None:
    errors = refused(administrator.get("/api/attendance/?stauts=Absent&page=1"))
    assert errors == {"stauts": ["Unknown parameter; did you mean status?"]}


def test_a_card_that_is_issued_switched_off_is_not_issued_switched_on(officer: APIClient) -> None:
    """`is_active` is the card's, but not a wish that a new card knows."""
    body = {"card_type": "student", "student_uuid": str(make_student().pk), "generate_rfid": True}
    errors = refused(officer.post(CARDS, {**body, "is_active": False}))
    assert list(errors) == ["is_active"]


@pytest.mark.parametrize(
    "body",
    [
        {"card_type": "student", "generate_rfid": True},
        {"card_type": "student", "rfid_number": "RF123456789", "generate_rfid": False},
    ],
)
def test_what_the_seed_sends_for_a_card_is_taken(officer: APIClient, body: dict[str, Any]) -> None:
    sent = {**body, "student_uuid": str(make_student().pk)}
    assert officer.post(CARDS, sent).status_code == 201


def test_what_the_seed_sends_for_many_cards_is_taken(officer: APIClient) -> None:
    body = {"student_uuids": [str(make_student().pk)], "generate_rfid": True}
    address = f"{CARDS}bulk-create-student-cards/"
    assert officer.post(address, body).status_code == 201
    errors = refused(officer.post(address, {**body, "generate_rfids": True}))
    assert errors == {"generate_rfids": ["Unknown key; did you mean generate_rfid?"]}


def test_an_unknown_filter_of_a_print_job_is_named_within(officer: APIClient) -> None:
    make_card()
    body = {"filter": {"card_typ": "student"}}
    errors = refused(officer.post(f"{CARDS}bulk-print/", body))
    assert errors == {"filter": {"card_typ": ["Unknown key; did you mean card_type?"]}}


def test_a_form_is_no_way_around(officer: APIClient) -> None:
    errors = refused(officer.post(f"{STUDENTS}import/", {"dryrun": "false"}, format="multipart"))
    assert errors == {"dryrun": ["Unknown key; did you mean dry_run?"]}
    address = f"{STUDENTS}{make_student().pk}/photo/"
    errors = refused(officer.put(address, {"first_name": "Neema"}, format="multipart"))
    assert errors == {"first_name": ["Unknown key."]}


def test_an_action_without_a_body_takes_none(officer: APIClient) -> None:
    card = make_card()
    errors = refused(officer.patch(f"{CARDS}{card.pk}/activate/", {"is_active": False}))
    assert list(errors) == ["is_active"]
    assert officer.patch(f"{CARDS}{card.pk}/activate/", {}).status_code == 200
    errors = refused(officer.delete(f"{STUDENTS}{card.person_id}/", {"reason": "left"}))
    assert list(errors) == ["reason"]


def test_parameters_are_known_where_they_work(officer: APIClient) -> None:
    student = make_student()
    for path in ("?page=1", "?search=asha", "?ordering=surname", "?page_size=5"):
        assert officer.get(f"{STUDENTS}{path}").status_code == 200
        assert officer.get(f"{STUDENTS}{student.pk}/{path}").status_code == 400
        assert officer.get(f"{CARDS}statistics/{path}").status_code == 400
    assert officer.get(f"{STUDENTS}?format=csv").status_code == 200


def test_a_format_that_there_is_none_of_is_a_400(officer: APIClient) -> None:
    assert officer.get(f"{CARDS}?format=json").status_code == 200
    assert refused(officer.get(f"{CARDS}?format=csv")) == {"format": ["Choose from: json."]}


def test_who_may_not_is_told_so_whatever_was_asked(anybody: APIClient) -> None:
    assert anybody.get(f"{STUDENTS}?nosuch=1").status_code == 401


def test_a_link_with_a_messengers_tail_still_shows_its_page(anybody: APIClient) -> None:
    address = f"/api/cards/verify/student/{make_student().pk}/?fbclid=1"
    assert anybody.get(address, HTTP_ACCEPT="text/html").status_code == 200
    assert list(refused(anybody.get(address))) == ["fbclid"]


def test_a_flood_of_unknown_keys_is_answered_in_short(officer: APIClient) -> None:
    errors = refused(officer.post(STUDENTS, {f"key{n}" * 50: n for n in range(1000)}))
    assert len(errors) <= 20


def test_the_schema_closes_every_request_but_those_of_readers(anybody: APIClient) -> None:
    schema = anybody.get("/api/schema/?format=json").json()
    described = schema["components"]["schemas"]
    # Readers, and the gateway that hands on what guardians answer by SMS.
    taking_more = {"TapRequest", "TapBatchRequest", "AnnulOwnRequest", "HeartbeatRequest"}
    taking_more |= {"AnyMessageRequest", "InboundRequest", "SingleTapRequest", "CountsRequest"}
    requests = {name for name in described if name.endswith("Request")}
    closed = {name for name in requests if described[name].get("additionalProperties") is False}
    assert requests - closed == taking_more
    answers = set(described) - requests
    assert not [n for n in answers if described[n].get("additionalProperties") is False]


def test_a_copy_of_what_was_read_can_be_edited_and_sent(officer: APIClient) -> None:
    address = f"{STUDENTS}{make_student().pk}/"
    body = officer.get(address).json()
    response = officer.put(address, {**body, "surname": "Mushi-Ali", "card": None})
    assert response.status_code == 200
    assert Student.objects.get().surname == "Mushi-Ali"
