"""How long a new card is good, as the institution has decided for each kind of people."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from cards.services import issue_card, replace_card
from cards.tests.factories import make_member, make_student
from cards.validity import default_expiry
from institution.tests.factories import decide

pytestmark = pytest.mark.django_db


def test_a_card_has_no_end_as_long_as_nobody_has_decided() -> None:
    assert issue_card(holder=make_student(), rfid_number=None, by=None).expiry_date is None


def test_it_ends_so_many_months_later_at_the_end_of_the_day() -> None:
    decide(CARD_VALIDITY="student=36")
    issued = datetime(2026, 1, 31, 22, 30, tzinfo=UTC)  # 1 February on the campus
    ends = default_expiry(make_student(), issued=issued)
    assert ends is not None
    assert f"{timezone.localtime(ends):%Y-%m-%d %H:%M:%S}" == "2029-02-01 23:59:59"
    assert default_expiry(make_member(), issued=issued) is None


def test_the_last_day_of_a_month_has_one_in_each() -> None:
    decide(CARD_VALIDITY="student=1")
    ends = default_expiry(make_student(), issued=datetime(2027, 1, 31, 9, tzinfo=UTC))
    assert ends is not None
    assert f"{timezone.localtime(ends):%Y-%m-%d}" == "2027-02-28"


def test_the_api_takes_the_default_unless_it_is_told(officer: APIClient) -> None:
    decide(CARD_VALIDITY="student=12")

    def issued(**said: object) -> object:
        body = {
            "card_type": "student",
            "student_uuid": str(make_student().pk),
            "generate_rfid": True,
            **said,
        }
        response = officer.post("/api/cards/", body)
        assert response.status_code == 201
        return response.json()["expiry_date"]

    assert issued() is not None
    assert issued(expiry_date=None) is None
    assert issued(expiry_date="2030-01-01T00:00:00Z") == "2030-01-01T03:00:00+03:00"


def test_a_replacement_takes_over_an_end_that_is_ahead_and_else_has_a_new_one() -> None:
    decide(CARD_VALIDITY="student=12")
    card = issue_card(holder=make_student(), rfid_number=None, by=None)
    again = replace_card(card=card, reason="lost", rfid_number=None, by=None)
    assert again.expiry_date == card.expiry_date
    endless = issue_card(holder=make_student(), rfid_number=None, by=None, expiry_date=None)
    assert replace_card(card=endless, reason="lost", rfid_number=None, by=None).expiry_date
