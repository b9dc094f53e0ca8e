"""Printing one card and many, with the log of it; what is drawn is tested in cards/printing."""

import io
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pypdfium2
import pytest
import zxingcpp
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django_q.models import OrmQ
from PIL import Image
from pypdf import PdfReader
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from cards import jobs, services
from cards.models import Card, PrintJob
from cards.tests.factories import (
    URL,
    make_card,
    make_guard,
    make_member,
    make_student,
    make_visitor,
    one,
)

pytestmark = pytest.mark.django_db

ID_1 = (242.646, 153.014)  # 85.60 x 53.98 mm in points


def sizes(pdf: bytes) -> list[tuple[float, float]]:
    return [
        (round(float(page.mediabox.width), 2), round(float(page.mediabox.height), 2))
        for page in PdfReader(io.BytesIO(pdf)).pages
    ]


def decoded(pdf: bytes) -> set[str]:
    """The text of every QR code in the pages as a 300 dpi printer would see them."""
    document = pypdfium2.PdfDocument(pdf)
    pictures = [page.render(scale=300 / 72).to_pil() for page in document]
    qr = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    return {code.text for pic in pictures for code in zxingcpp.read_barcodes(pic, formats=qr)}


def portrait() -> str:
    jpeg = io.BytesIO()
    Image.new("RGB", (480, 600), "tan").save(jpeg, "JPEG")
    return default_storage.save("photos/a.jpg", ContentFile(jpeg.getvalue()))


@pytest.mark.parametrize(
    ("make", "kind", "name"),
    [
        (make_student, "student", "Student_ID_Card_"),
        (make_member, "staff", "Staff_ID_Card_"),
        (make_guard, "security", "Security_ID_Card_"),
        (make_visitor, "visitor", "Visitor_ID_Card_"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_card_is_printed_front_and_back_in_its_exact_size(
    officer: APIClient, make: Any, kind: str, name: str, method: str
) -> None:
    card = make_card(make(photo=portrait()))
    response = getattr(officer, method)(f"{one(card)}print-{kind}-card/")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    file_name = f"{name}{card.person.identifier.replace('/', '_')}.pdf"
    assert response["Content-Disposition"] == f'attachment; filename="{file_name}"'
    expected = (round(ID_1[0], 2), round(ID_1[1], 2))
    assert all(
        abs(a - b) < 0.03
        for size in sizes(response.content)
        for a, b in zip(size, expected, strict=True)
    )
    assert len(sizes(response.content)) == 2
    (address,) = decoded(response.content)
    assert address == f"HTTP://127.0.0.1:8000/V/{card.code}"
    scanned = officer.get(urlsplit(address).path).json()
    assert scanned[card.card_type]["full_name"] == card.person.full_name


def test_the_same_card_gives_the_same_bytes(officer: APIClient) -> None:
    card = make_card()
    first, second = (officer.get(f"{one(card)}print-student-card/").content for _ in range(2))
    assert first == second


def test_the_wrong_print_endpoint_is_a_400(officer: APIClient) -> None:
    card = make_card()
    for kind in ("staff", "security"):
        response = officer.get(f"{one(card)}print-{kind}-card/")
        assert response.status_code == 400
        assert f"not a {kind} card" in response.json()["error"]


def test_a_retired_card_is_not_printed(officer: APIClient) -> None:
    card = services.retire_card(card=make_card(), reason="lost")
    assert officer.get(f"{one(card)}print-student-card/").json()["code"] == "card_retired"


@pytest.mark.parametrize("content", [None, b"", b"rubbish", b"\xff\xd8\xff\xe0 half a jpeg"])
def test_a_photo_that_is_gone_or_broken_is_a_warning_not_an_error(
    officer: APIClient, content: bytes | None
) -> None:
    name = "photos/gone.jpg"
    if content is not None:
        name = default_storage.save(name, ContentFile(content))
    response = officer.get(f"{one(make_card(make_student(photo=name)))}print-student-card/")
    assert response.status_code == 200
    assert "photo" in response["X-Print-Warnings"]


@pytest.mark.parametrize(
    "name",
    ["Wanjikũ Mũthoni", "أحمد بن محمد", "x" * 100, "\u0301\u0301\u0301", "Ng'ang'a-Wa-Kĩmani " * 5],
)
def test_every_name_prints(officer: APIClient, name: str) -> None:
    card = make_card(make_student(first_name=name[:100], surname=name[:100]))
    assert officer.get(f"{one(card)}print-student-card/").status_code == 200


def test_a_failure_answers_the_seeds_500_and_is_logged(
    officer: APIClient, administrator: APIClient, settings: Settings
) -> None:
    # An address that no QR of the card's size can hold: a failure of the real engine.
    settings.PUBLIC_URL = "https://" + "x" * 900
    card = make_card()
    response = officer.get(f"{one(card)}print-student-card/")
    assert response.status_code == 500
    assert response.json()["success"] is False
    assert response.json()["error"].startswith("Failed to generate ID card PDF")
    (log,) = administrator.get(f"{URL}print-logs/?success=false").json()["results"]
    assert (log["card_uuid"], log["success"]) == (str(card.pk), False)


def test_every_print_is_logged_and_the_log_outlives_the_card(
    officer: APIClient, administrator: APIClient
) -> None:
    card = make_card(rfid_number="DEADBEEF")
    officer.get(f"{one(card)}print-student-card/")
    administrator.delete(one(card))
    (log,) = administrator.get(f"{URL}print-logs/?card={card.pk}").json()["results"]
    assert log["rfid_number"] == "DEADBEEF"
    assert log["printed_by"]["username"] == "registration_officer"
    assert (log["student"], log["staff"]) == (str(card.person_id), None)
    today, officers = timezone.localdate(), officer.get(f"{URL}print-logs/").json()
    assert officers["results"] == [log]
    for query, count in (
        (f"student={card.person_id}", 1),
        (f"staff={card.person_id}", 0),
        (f"date={today}", 1),
        (f"from={today}", 1),
        ("to=2020-01-01", 0),
        ("success=false", 0),
    ):
        assert officer.get(f"{URL}print-logs/?{query}").json()["count"] == count, query
    for query in ("success=perhaps", "card=x", "since=yesterday"):
        assert administrator.get(f"{URL}print-logs/?{query}").status_code == 400


def test_prints_are_throttled(officer: APIClient, settings: Settings) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "print": "2/min"}
    url = f"{one(make_card())}print-student-card/"
    assert [officer.get(url).status_code for _ in range(3)] == [200, 200, 429]


def front_of(pdf: bytes) -> str:
    return PdfReader(io.BytesIO(pdf)).pages[0].extract_text()


def test_a_name_that_cannot_be_drawn_asks_for_another_one(officer: APIClient) -> None:
    student = make_student(first_name="Juma", surname="李明")
    url = f"{one(make_card(student))}print-student-card/"
    refused = officer.get(url)
    assert (refused.status_code, refused.json()["code"]) == (409, "name_unprintable")
    assert "李, 明" in refused.json()["detail"]
    assert "(card_name)" in refused.json()["detail"]
    person = f"/api/students/{student.pk}/"
    assert "李" in officer.patch(person, {"card_name": "J. 李"}).json()["card_name"][0]
    assert officer.patch(person, {"card_name": "Juma Li"}).json()["card_name"] == "Juma Li"
    printed = officer.get(url)
    assert printed.status_code == 200
    assert "Juma Li" in front_of(printed.content)


def test_a_code_that_leads_to_this_machine_only_is_warned_of(
    officer: APIClient, settings: Settings
) -> None:
    url = f"{one(make_card(make_student(photo=portrait())))}print-student-card/"
    assert officer.get(url)["X-Print-Warnings"] == "loopback_address"
    settings.PUBLIC_URL = "https://cards.example.org"
    assert officer.get(url)["X-Print-Warnings"] == ""


# --- history ------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)  # entries are dated by their transactions
def test_the_history_tells_the_cards_whole_life(
    officer: APIClient, administrator: APIClient
) -> None:
    pk = officer.post(
        URL,
        {"card_type": "student", "student_uuid": str(make_student().pk), "generate_rfid": True},
    ).json()["card_uuid"]
    officer.patch(f"{URL}{pk}/deactivate/")
    officer.patch(f"{URL}{pk}/activate/")
    officer.get(f"{URL}{pk}/print-student-card/")
    officer.patch(f"{URL}{pk}/", {"rfid_number": "DEADBEEF"})
    officer.post(f"{URL}{pk}/retire/", {"reason": "lost"})
    administrator.delete(f"{URL}{pk}/")
    entries = administrator.get(f"{URL}{pk}/history/").json()
    assert [entry["action"] for entry in entries] == [
        "deleted",
        "retired",
        "changed",
        "printed",
        "activated",
        "deactivated",
        "created",
    ]
    assert entries[0]["by"] == "administrator"
    assert {entry["by"] for entry in entries[1:]} == {"registration_officer"}
    assert entries[1]["changes"]["retired_reason"] == {"before": "", "after": "lost"}
    assert officer.get(f"{URL}{uuid4()}/history/").status_code == 404


# --- many ---------------------------------------------------------------------------------------


def start(officer: APIClient, body: dict[str, Any]) -> tuple[str, PrintJob]:
    response = officer.post(f"{URL}bulk-print/", body)
    assert response.status_code == 202, response.content
    assert set(response.json()) == {"job_id", "status_url"}
    return response.json()["status_url"], PrintJob.objects.get(pk=response.json()["job_id"])


def the_file(officer: APIClient, status: dict[str, Any]) -> bytes:
    response: Any = officer.get(status["file_url"])
    assert response["Content-Type"] == "application/pdf"
    return b"".join(response.streaming_content)


@pytest.mark.parametrize(("layout", "pages"), [("cr80", 24), ("a4", 4)])
def test_many_cards_are_one_file_with_progress_and_a_log(
    officer: APIClient, layout: str, pages: int
) -> None:
    cards = [make_card() for _ in range(12)]
    body = {"card_uuids": [str(card.pk) for card in cards], "layout": layout}
    status_url, job = start(officer, body)
    assert officer.get(status_url).json()["state"] == "queued"
    assert OrmQ.objects.count() == 1
    jobs.run(str(job.pk))
    status = officer.get(status_url).json()
    assert (status["state"], status["done"], status["total"]) == ("done", 12, 12)
    assert {warning["code"] for warning in status["warnings"]} == {
        "no_photo",
        "loopback_address",
    }
    pdf = the_file(officer, status)
    assert len(sizes(pdf)) == pages
    assert {text.rpartition("/")[2] for text in decoded(pdf)} == {card.code for card in cards}
    assert job.log.filter(success=True).count() == 12
    jobs.run(str(job.pk))  # handed out once more after a crash: nothing twice
    assert job.log.count() == 12


def test_a_job_takes_the_lists_filters(officer: APIClient) -> None:
    make_card(make_student(department="Civil"))
    make_card(make_student(department="Civil"))
    services.retire_card(card=make_card(make_student(department="Civil")), reason="lost")
    make_card()
    _, job = start(officer, {"filter": {"student__department": "Civil"}})
    assert (job.total, job.layout) == (2, "cr80")
    _, job = start(officer, {"filter": {"search": "asha", "is_active": True}})
    assert job.total == 3


def test_a_job_finds_by_a_word_what_the_list_finds_by_it(officer: APIClient) -> None:
    wanted = make_card(make_student(surname="Mapunda"), "04A32B1C")
    make_card(make_student(surname="Mwakasege"))
    for search in ("Mapumda", "Mapunda, Asha", "04:A3:2B:1C"):
        listed = officer.get("/api/cards/", {"search": search}).json()["results"]
        _, job = start(officer, {"filter": {"search": search}})
        assert job.card_uuids == [each["card_uuid"] for each in listed] == [str(wanted.pk)], search


def test_a_job_goes_on_after_a_jam_and_says_why_once_more(officer: APIClient) -> None:
    cards = [make_card() for _ in range(3)]
    body = {
        "card_uuids": [str(card.pk) for card in cards],
        "from": 2,
        "layout": "a4",
        "first_cell": 10,
        "flip": "short",
        "reason": "Paper jam",
    }
    status_url, job = start(officer, body)
    jobs.run(str(job.pk))
    status = officer.get(status_url).json()
    assert (status["state"], status["total"], status["reason"]) == ("done", 2, "Paper jam")
    assert len(sizes(the_file(officer, status))) == 4
    logged = officer.get(f"{URL}print-logs/").json()["results"]
    assert {log["card_uuid"] for log in logged} == {str(card.pk) for card in cards[1:]}
    assert {log["reason"] for log in logged} == {"Paper jam"}
    refused = officer.post(f"{URL}bulk-print/", {**body, "from": 4})
    assert refused.status_code == 400
    assert "from" in str(refused.json())


def test_a_single_print_may_say_why_once_more(officer: APIClient) -> None:
    card = make_card()
    url = f"{one(card)}print-student-card/"
    assert officer.get(f"{url}?reason=New+name").status_code == 200
    assert officer.post(f"{url}?reason={'x' * 201}").status_code == 400
    (log,) = officer.get(f"{URL}print-logs/").json()["results"]
    assert log["reason"] == "New name"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"filter": {}, "first_cell": 11},
        {"filter": {}, "from": 0},
        {"filter": {}, "flip": "sideways"},
        {"card_uuids": []},
        {"card_uuids": ["x"]},
        {"card_uuids": [str(uuid4())]},
        {"card_uuids": "x"},
        {"filter": {"search": "nobody"}},
        {"filter": {"password": "x"}},
        {"filter": {"is_active": "perhaps"}},
        {"filter": {"search": "\x00"}},
        {"filter": []},
        {"filter": {}, "card_uuids": []},
        {"filter": {}, "layout": "a3"},
        [],
    ],
)
def test_a_bad_wish_starts_no_job(officer: APIClient, body: Any) -> None:
    make_card()
    assert officer.post(f"{URL}bulk-print/", body).status_code == 400
    assert not PrintJob.objects.exists()


def test_a_job_that_fails_says_so(officer: APIClient, settings: Settings) -> None:
    card = make_card()
    status_url, job = start(officer, {"card_uuids": [str(card.pk)]})
    settings.PUBLIC_URL = "https://" + "x" * 900
    jobs.run(str(job.pk))
    status = officer.get(status_url).json()
    assert (status["state"], status["file_url"]) == ("failed", None)
    assert status["error"] == "Failed to generate ID card PDF."
    assert job.log.get().success is False


def test_a_card_that_is_deleted_meanwhile_is_left_out(officer: APIClient) -> None:
    cards = [make_card(), make_card()]
    _, job = start(officer, {"card_uuids": [str(card.pk) for card in cards]})
    Card.objects.filter(pk=cards[0].pk).delete()
    jobs.run(str(job.pk))
    assert job.log.get().card_uuid == cards[1].pk


def test_the_file_of_a_run_that_was_killed_is_replaced(officer: APIClient) -> None:
    _, job = start(officer, {"card_uuids": [str(make_card().pk)]})
    left = default_storage.save(f"prints/{job.pk}.pdf", ContentFile(b"half"))
    jobs.run(str(job.pk))
    job.refresh_from_db()
    assert job.file.name == left
    assert job.file.read() != b"half"
    assert default_storage.listdir("prints")[1] == [f"{job.pk}.pdf"]


def test_a_file_that_is_not_there_is_a_404(officer: APIClient) -> None:
    card = make_card()
    status_url, job = start(officer, {"card_uuids": [str(card.pk)]})
    assert officer.get(f"{status_url}file/").status_code == 404
    jobs.run(str(job.pk))
    job.refresh_from_db()
    default_storage.delete(str(job.file.name))
    assert officer.get(f"{status_url}file/").status_code == 404


def test_a_name_that_cannot_be_drawn_is_left_out_of_a_job_and_named(officer: APIClient) -> None:
    cards = [make_card(), make_card(make_student(surname="李")), make_card()]
    status_url, job = start(officer, {"card_uuids": [str(card.pk) for card in cards]})
    jobs.run(str(job.pk))
    status = officer.get(status_url).json()
    assert (status["state"], status["done"], status["total"]) == ("done", 3, 3)
    (left_out,) = [one for one in status["warnings"] if one["code"] == "name_unprintable"]
    assert left_out["card_uuid"] == str(cards[1].pk)
    assert left_out["detail"] == "Asha 李: 李"
    assert len(sizes(the_file(officer, status))) == 4
    assert {log.card_uuid for log in job.log.all()} == {cards[0].pk, cards[2].pk}


def test_a_card_that_was_retired_meanwhile_is_left_out_and_named(officer: APIClient) -> None:
    cards = [make_card(), make_card()]
    status_url, job = start(officer, {"card_uuids": [str(card.pk) for card in cards]})
    services.retire_card(card=cards[0], reason=Card.Reason.LOST)
    jobs.run(str(job.pk))
    status = officer.get(status_url).json()
    (left_out,) = [one for one in status["warnings"] if one["code"] == "card_retired"]
    assert left_out["card_uuid"] == str(cards[0].pk)
    assert left_out["detail"] == cards[0].person.full_name
    assert (status["state"], status["done"], len(sizes(the_file(officer, status)))) == (
        "done",
        2,
        2,
    )
    assert job.log.get().card_uuid == cards[1].pk
    rest = jobs.print_rest(job=job, first=1, by=job.created_by)
    services.retire_card(card=cards[1], reason=Card.Reason.LOST)
    jobs.run(str(rest.pk))
    rest.refresh_from_db()
    assert rest.state == "failed"
    assert [one["code"] for one in rest.warnings].count("card_retired") == 2


def test_a_job_of_names_that_cannot_be_drawn_fails(officer: APIClient) -> None:
    card = make_card(make_student(surname="李"))
    status_url, job = start(officer, {"card_uuids": [str(card.pk)]})
    jobs.run(str(job.pk))
    status = officer.get(status_url).json()
    assert status["state"] == "failed"
    assert "None of these cards" in status["error"]


def test_a_job_whose_photos_are_gone_fails_and_says_whose(officer: APIClient) -> None:
    there, gone = make_student(photo=portrait()), make_student(photo="photos/gone.jpg")
    cards = [make_card(there), make_card(gone)]
    status_url, job = start(officer, {"card_uuids": [str(card.pk) for card in cards]})
    jobs.run(str(job.pk))
    status = officer.get(status_url).json()
    assert (status["state"], status["file_url"]) == ("failed", None)
    assert gone.identifier in status["error"]
    assert there.identifier not in status["error"]
    assert [log.success for log in job.log.all()] == [False, False]


def test_an_error_of_long_names_is_told_as_far_as_it_goes(officer: APIClient) -> None:
    gone = {"photo": "photos/gone.jpg", "first_name": "A" * 100, "surname": "B" * 100}
    cards = [make_card(make_student(**gone)) for _ in range(6)]
    status_url, job = start(officer, {"card_uuids": [str(card.pk) for card in cards]})
    jobs.run(str(job.pk))
    status = officer.get(status_url).json()
    assert status["state"] == "failed"
    assert status["error"].startswith("6 photos are missing")
    assert (len(status["error"]), status["error"][-1]) == (500, "…")


def test_a_job_with_a_code_that_nobody_reads_is_not_released(
    officer: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = make_card()
    status_url, job = start(officer, {"card_uuids": [str(card.pk)]})
    monkeypatch.setattr("typesetting.qr.BLACK", (1, 1, 1))  # white on white
    jobs.run(str(job.pk))
    status = officer.get(status_url).json()
    assert (status["state"], status["file_url"]) == ("failed", None)
    assert "QR" in status["error"]
    assert card.person.identifier in status["error"]
