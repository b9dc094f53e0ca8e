"""One person of each kind through a whole life, from the first form to the last."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from attendance.models import Attendance
from cards.models import Card, IDCardPrintLog
from cards.tests.test_print import decoded
from people.tests.kinds import KINDS, Kind
from people.tests.pictures import jpeg
from people.tests.sheets import csv_file, real
from pos.models import Tap
from pos.tests.factories import all_day_period, make_hatch, make_reader
from privacy.erasure import erase_person

pytestmark = pytest.mark.django_db

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def registered(officer: APIClient, kind: Kind) -> str:
    """By the form of the API: what was sent is what is there. The address of the person."""
    body = ok(officer.post(kind.url, kind.row(1)), 201)
    assert body["full_name"]
    assert {name: str(body[name]) for name in kind.row(1)} == kind.row(1)
    address = f"{kind.url}{body[kind.declared.uuid_key]}/"
    assert ok(officer.get(address)) == body
    return address


def imported(officer: APIClient, kind: Kind, address: str) -> None:
    """A spreadsheet changes whom it knows and brings whom it does not."""
    rows = [kind.row(1, email="new@example.org"), kind.row(2)]
    report = ok(real(officer, kind.url, csv_file(rows)))
    assert [row["action"] for row in report["rows"]] == ["updated", "created"]
    assert report["rows"][0]["identifier"] == kind.row(1)[kind.identifier]
    assert ok(officer.get(address))["email"] == "new@example.org"
    assert ok(officer.get(kind.url))["count"] == 2


def photographed(officer: APIClient, address: str) -> None:
    portrait = SimpleUploadedFile("me.jpg", jpeg(), "image/jpeg")
    body = ok(officer.put(f"{address}photo/", {"photo": portrait}, format="multipart"))
    assert body["photo_url"]
    assert ok(officer.get(address))["photo_url"] == body["photo_url"]


def remembered(officer: APIClient, address: str) -> None:
    """Who did what, latest first."""
    entries = ok(officer.get(f"{address}history/"))
    assert [entry["action"] for entry in entries] == ["changed", "changed", "created"]
    assert [list(entry["changes"]) for entry in entries[:2]] == [["photo"], ["email"]]
    assert {entry["by"] for entry in entries} == {"registration_officer"}


def carded(officer: APIClient, kind: Kind, address: str) -> Card:
    """The answer about a card has its holder under the name of the kind."""
    declared, person = kind.declared, ok(officer.get(address))
    wanted = {"card_type": declared.key, "generate_rfid": True}
    wanted[declared.card_uuid_key] = person[declared.uuid_key]
    body = ok(officer.post("/api/cards/", wanted), 201)
    assert body[declared.key] == {key: person[key] for key in declared.card_keys}
    assert ok(officer.get(address))["card"]["card_uuid"] == body["card_uuid"]
    return Card.objects.get(pk=body["card_uuid"])


def tapped(officer: APIClient, kind: Kind, address: str, card: Card) -> None:
    """At a gate, which writes a day of whoever has days; and at a hatch, which feeds students."""
    said = ok(make_reader()[1].post("/api/pos/taps/", {"card": card.rfid_number}), 201)
    assert (said["decision"], said["code"]) == ("accepted", "ok")
    assert said["code"] == ok(officer.get(address))["admitted"]
    assert said["holder"]["type"] == kind.declared.key
    assert said["holder"]["identifier"] == kind.row(1)[kind.identifier]
    days = Attendance.objects.filter(person=card.person_id)
    if kind.declared.day_list:
        assert said["attendance"]["status"] == days.get().status
    else:
        assert said["attendance"] is None
        assert not days.exists()
    all_day_period()
    said = ok(make_hatch()[1].post("/api/pos/taps/", {"card": card.rfid_number}), 201)
    is_student = kind.declared.key == "student"
    assert said["code"] == ("ok" if is_student else "not_entitled")
    assert Tap.objects.filter(person=card.person_id).count() == 2


def printed_and_verified(officer: APIClient, anybody: APIClient, kind: Kind, card: Card) -> None:
    """The code on the printed card leads to what anybody may know."""
    declared = kind.declared
    pdf = officer.get(f"/api/cards/{card.pk}/print-{declared.key}-card/")
    assert (pdf.status_code, pdf["Content-Type"]) == (200, "application/pdf")
    name = kind.row(1)[kind.identifier].replace("/", "_")
    assert f"{declared.print_name}_{name}.pdf" in pdf["Content-Disposition"]
    assert IDCardPrintLog.objects.get(person=card.person_id).success
    (address,) = decoded(pdf.content)
    verdict = ok(anybody.get(urlsplit(address).path, follow=True))
    assert (verdict["verified"], verdict[declared.key]["card_active"]) == (True, True)
    assert set(declared.verify_keys) <= set(verdict[declared.key])
    page = anybody.get(urlsplit(address).path, follow=True, headers={"accept": "text/html"})
    assert declared.roles["en"] in page.content.decode()


def erased(officer: APIClient, anybody: APIClient, kind: Kind, address: str, card: Card) -> None:
    """Whoever has left is let in nowhere; then nothing tells who it was, and the facts stay."""
    declared, known = kind.declared, ok(officer.get(address))
    assert officer.delete(address).status_code == 204
    assert ok(officer.get(address))["admitted"] == "holder_inactive"
    erase_person(kind=declared, number=known[kind.identifier], really=True)
    body = ok(officer.get(address))
    private = {kind.identifier, *declared.name_keys, "phone_number", "email", "photo_url"}
    kept = {key for key in {*private, *declared.private_fields} if body[key] == known[key]}
    assert kept == set()
    assert body["full_name"] == "Erased person"
    assert anybody.get(f"/v/{card.code}").status_code == 404
    assert Card.objects.filter(person=card.person_id).count() == 1
    assert Tap.objects.filter(person=card.person_id).count() == 2


def ok(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content[:500]
    return response.json()


@every_kind
def test_a_person_of_each_kind_lives_a_whole_life(
    officer: APIClient, anybody: APIClient, kind: Kind
) -> None:
    address = registered(officer, kind)
    imported(officer, kind, address)
    photographed(officer, address)
    remembered(officer, address)
    card = carded(officer, kind, address)
    tapped(officer, kind, address, card)
    printed_and_verified(officer, anybody, kind, card)
    erased(officer, anybody, kind, address, card)
