"""An instant at either end of the calendar is the client's mistake, wherever one is written."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from cards.tests.factories import make_card, make_student
from pos.tests.factories import make_reader

pytestmark = pytest.mark.django_db

ENDS = ["0001-01-01", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "9999-12-31T23:59:59-12:00"]
END = "2026-11-26T12:00:00Z"


def asked(who: APIClient, me: User, moment: str) -> dict[str, Callable[[], int]]:
    """Each way to write an instant, and the status it is answered with."""
    card, student = make_card(), make_student()
    new = {"card_type": "student", "student_uuid": str(student.pk), "generate_rfid": True}
    own = f"/auth/admin/{me.pk}/"

    def post(path: str, **body: object) -> Callable[[], int]:
        return lambda: who.post(path, body).status_code

    return {
        "a new card": post("/api/cards/", **new, expiry_date=moment),
        "a card": lambda: who.patch(f"/api/cards/{card.pk}/", {"expiry_date": moment}).status_code,
        "a card of one's own": post(f"{own}register-card", **new, expiry_date=moment),
        "a check": post(f"{own}attendance-check", card_id=card.rfid_number, at=moment),
        "a meal": post(f"{own}kitchen-service", card_id=card.rfid_number, service_time=moment),
        "a visit": post(
            "/api/visitors/", full_name="X", expected_from=moment, expected_until=moment
        ),
    }


@pytest.mark.parametrize("moment", ENDS)
def test_an_impossible_instant_is_refused(administrator: APIClient, moment: str) -> None:
    me = User.objects.get(username="administrator")
    said = {what: ask() for what, ask in asked(administrator, me, moment).items()}
    assert said == dict.fromkeys(said, 400)


@pytest.mark.parametrize("moment", ENDS)
def test_a_reader_with_such_a_clock_is_answered(moment: str) -> None:
    _, reader = make_reader()
    assert reader.post("/api/pos/heartbeat/", {"device_time": moment}).status_code in {200, 400}
