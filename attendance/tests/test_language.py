"""Days in the language of whoever looks, and in English where they are kept."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils.translation import override, trans_real
from rest_framework.test import APIClient

from attendance.closing import reopen_day
from attendance.office.status import status_chip
from attendance.tests.factories import TUESDAY, close


class Capitals(trans_real.DjangoTranslation):
    """A catalogue that has a word of its own for each."""

    def gettext(self, message: str) -> str:
        return message.upper()


pytestmark = [pytest.mark.django_db]


@pytest.fixture(autouse=True)
def capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(trans_real._translations, "sw", Capitals("sw"))  # type: ignore[attr-defined]


def test_a_chip_is_in_the_language_of_its_page() -> None:
    with override("en"):
        assert "Late" in status_chip("Late")
    with override("sw"):
        assert "LATE" in status_chip("Late")
    with override("en"):
        assert "LATE" not in status_chip("Late")


def test_what_is_kept_of_a_change_is_english_whoever_made_it(
    clerk: APIClient, make_user: Callable[..., Any]
) -> None:
    close(clerk, TUESDAY)
    with override("sw"):
        made = reopen_day(day=TUESDAY, reason="taps came late", by=make_user("administrator"))
    assert made.what == "17 November 2026 opened again"
