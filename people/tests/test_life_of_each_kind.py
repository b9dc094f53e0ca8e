"""One person of each kind through a whole life, from the first form to the last."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from people.tests.kinds import KINDS, Kind
from people.tests.pictures import jpeg
from people.tests.sheets import csv_file, real

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


def ok(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content[:500]
    return response.json()


@every_kind
def test_a_person_of_each_kind_lives_a_whole_life(officer: APIClient, kind: Kind) -> None:
    address = registered(officer, kind)
    imported(officer, kind, address)
    photographed(officer, address)
    remembered(officer, address)
