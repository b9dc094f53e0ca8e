"""A browser becomes a reader by a one-time code (contract section 11)."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.races import at_once, meeting
from accounts.tests.wire import assert_refused
from cards.models import CODE_ALPHABET
from cards.tests.factories import make_card
from institution.declared import INSTITUTION_NAME
from institution.reading import setting
from pos import pairing, services
from pos.models import Device, PairingCode
from pos.pairing import BadPairingCode, Paired, make_pairing_code, pair
from pos.tests.factories import make_reader

pytestmark = pytest.mark.django_db

PAIR, ME, TAPS = "/api/pos/pair/", "/api/pos/me/", "/api/pos/taps/"
CHIP = "04A32B1C"


def code_for(device: Device) -> str:
    return make_pairing_code(device=device, by=None).code


def codes_of(device: Device) -> str:
    return f"/api/pos/devices/{device.pk}/pairing-code/"


def with_key(key: str) -> APIClient:
    return APIClient(HTTP_AUTHORIZATION=f"Device {key}")


def try_code(code: str) -> Any:
    return APIClient().post(PAIR, {"code": code})


# --- the code -------------------------------------------------------------------------------------


def test_a_code_has_eight_characters_that_nobody_misreads() -> None:
    device, _ = make_reader()
    made = make_pairing_code(device=device, by=None)
    first, dash, second = made.code[:4], made.code[4], made.code[5:]
    assert dash == "-"
    assert len(first) == len(second) == 4
    assert set(first + second) <= set(CODE_ALPHABET)
    assert made.expires_at - timezone.now() <= timedelta(minutes=10)


def test_only_a_digest_of_it_is_kept() -> None:
    device, _ = make_reader()
    code = code_for(device)
    kept = str(PairingCode.objects.values().get())
    assert code not in kept
    assert code.replace("-", "") not in kept


def test_a_new_code_ends_the_one_before() -> None:
    device, _ = make_reader()
    old, new = code_for(device), code_for(device)
    with pytest.raises(BadPairingCode):
        pair(code=old)
    assert pair(code=new).device == device


def test_the_database_keeps_one_code_a_reader_and_no_two_alike() -> None:
    device, _ = make_reader()
    code_for(device)
    kept = PairingCode.objects.values("digest", "expires_at", "made_at").get()
    for reader in (device, make_reader(name="Side gate")[0]):
        with pytest.raises(IntegrityError), transaction.atomic():
            PairingCode.objects.create(device=reader, **kept)


def test_a_reader_that_is_off_gets_no_code() -> None:
    device, _ = make_reader(is_active=False)
    with pytest.raises(pairing.ReaderIsOff):
        code_for(device)


# --- its use --------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", [str.lower, str.upper, lambda c: f" {c.replace('-', ' ')}\n"])
def test_case_dashes_and_spaces_do_not_matter(spelling: Callable[[str], str]) -> None:
    device, _ = make_reader()
    assert pair(code=spelling(code_for(device))).device == device


def test_the_new_key_taps_and_the_old_one_stops() -> None:
    make_card(rfid_number=CHIP)
    device, old = make_reader()
    code = code_for(device)
    assert old.post(TAPS, {"card": CHIP, "event_id": "1"}).status_code == 201
    new = with_key(pair(code=code).key)
    assert old.post(TAPS, {"card": CHIP, "event_id": "2"}).status_code == 401
    assert new.post(TAPS, {"card": CHIP, "event_id": "2"}).status_code == 201


def test_a_code_is_good_once() -> None:
    device, _ = make_reader()
    code = code_for(device)
    key = pair(code=code).key
    with pytest.raises(BadPairingCode):
        pair(code=code)
    assert with_key(key).get(ME).status_code == 200
    assert not PairingCode.objects.exists()


def test_a_code_runs_out() -> None:
    device, reader = make_reader()
    code = code_for(device)
    PairingCode.objects.update(expires_at=timezone.now())
    with pytest.raises(BadPairingCode):
        pair(code=code)
    assert reader.get(ME).status_code == 200


def test_a_reader_that_was_switched_off_meanwhile_is_not_paired() -> None:
    device, _ = make_reader()
    code = code_for(device)
    Device.objects.update(is_active=False)
    with pytest.raises(BadPairingCode):
        pair(code=code)


def test_a_new_key_ends_a_code_that_is_still_about() -> None:
    """Else whoever has the code could take the reader back."""
    device, _ = make_reader()
    code = code_for(device)
    services.roll_key(device=device)
    with pytest.raises(BadPairingCode):
        pair(code=code)


# --- two at the same moment -----------------------------------------------------------------------


def _try(code: str) -> Paired | None:
    try:
        return pair(code=code)
    except BadPairingCode:
        return None


@pytest.mark.django_db(transaction=True)
def test_of_two_phones_with_one_code_exactly_one_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    device, _ = make_reader()
    code = code_for(device)
    monkeypatch.setattr(pairing, "_waiting", meeting(pairing._waiting, 2))
    winners = [paired for paired in at_once(*[partial(_try, code)] * 2) if paired]
    assert len(winners) == 1
    assert with_key(winners[0].key).get(ME).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_control_without_using_it_up_both_phones_win(monkeypatch: pytest.MonkeyPatch) -> None:
    device, _ = make_reader()
    code = code_for(device)
    monkeypatch.setattr(pairing, "_waiting", meeting(pairing._waiting, 2))
    monkeypatch.setattr(pairing, "_use_up", lambda digest: True)
    first, second = at_once(*[partial(_try, code)] * 2)
    assert first is not None
    assert second is not None
    works = [with_key(paired.key).get(ME).status_code for paired in (first, second)]
    assert sorted(works) == [200, 401]


@pytest.mark.django_db(transaction=True)
def test_codes_keys_and_phones_at_once_neither_deadlock_nor_break() -> None:
    device, _ = make_reader()
    calls: list[Callable[[], Any]] = []
    for _ in range(8):
        calls += [
            partial(_try, code_for(device)),
            partial(make_pairing_code, device=device, by=None),
            partial(services.roll_key, device=device),
        ]
    assert len(at_once(*calls)) == len(calls)


# --- over HTTP ------------------------------------------------------------------------------------


def test_a_browser_gets_its_key_and_learns_who_it_is(settings: Settings) -> None:
    device, _ = make_reader(name="Gate 3", direction="in")
    response = try_code(code_for(device))
    body = response.json()
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    assert body["institution"] == setting(INSTITUTION_NAME)
    assert body["device"] == {
        "pos_id": str(device.pk),
        "name": "Gate 3",
        "location": "Gate",
        "activity_type": "attendance",
        "direction": "in",
        "number_format": "hex",
    }
    own = with_key(body["key"]).get(ME).json()
    assert own["device"] == body["device"]


def test_wrong_used_replaced_and_late_codes_get_the_same_answer() -> None:
    device, _ = make_reader()
    used, replaced, late = code_for(device), code_for(device), code_for(device)
    pair(code=late)
    late_device, _ = make_reader(name="Side gate")
    late = code_for(late_device)
    PairingCode.objects.update(expires_at=timezone.now())
    answers = [try_code(code) for code in (used, replaced, late, "AAAA-AAAA", "?", "x" * 100)]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert_refused(answers[0], 400)
    assert answers[0].json()["code"] == "bad_pairing_code"


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": None}, {"code": 7}, []])
def test_what_is_no_code_is_a_400(body: Any) -> None:
    assert_refused(APIClient().post(PAIR, body, format="json"), 400)


def test_guessing_is_slowed_down(settings: Settings) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "pair": "3/min"}
    code = code_for(make_reader()[0])
    assert [try_code("AAAA-AAAA").status_code for _ in range(3)] == [400] * 3
    answer = try_code(code)
    assert_refused(answer, 429)
    assert 1 <= int(answer["Retry-After"]) <= 60
    elsewhere = APIClient(REMOTE_ADDR="10.1.2.3").post(PAIR, {"code": code})
    assert elsewhere.status_code == 201


def test_an_administrator_makes_a_code(administrator: APIClient) -> None:
    device, reader = make_reader()
    response = administrator.post(codes_of(device))
    body = response.json()
    assert response.status_code == 201
    assert body["url"] == f"http://testserver/reader/#{body['code']}"
    assert reader.get(ME).status_code == 200  # until the code is used
    assert try_code(body["code"]).status_code == 201
    assert reader.get(ME).status_code == 401


def test_nobody_else_makes_one(officer: APIClient, anybody: APIClient) -> None:
    device, reader = make_reader()
    assert_refused(officer.post(codes_of(device)), 403)
    assert_refused(anybody.post(codes_of(device)), 401)
    assert_refused(reader.post(codes_of(device)), 401)
    assert not PairingCode.objects.exists()


def test_for_a_reader_that_is_off_there_is_no_code(administrator: APIClient) -> None:
    device, _ = make_reader(is_active=False)
    response = administrator.post(codes_of(device))
    assert_refused(response, 409)
    assert response.json()["code"] == "device_inactive"


def test_the_history_has_who_made_it_and_that_it_was_used_but_no_code(
    administrator: APIClient,
) -> None:
    device, _ = make_reader()
    code = administrator.post(codes_of(device)).json()["code"]
    try_code(code)
    events = apps.get_model("pos", "PairingCodeEvent").objects.order_by("pgh_id")
    assert [event.pgh_label for event in events] == ["insert", "delete"]
    assert events[0].made_by == User.objects.get(username="administrator")
    assert not hasattr(events[0], "digest")
