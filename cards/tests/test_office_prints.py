"""Print jobs in the office: how far they are, what was noticed, the file, the second try."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards import jobs
from cards.models import Card, IDCardPrintLog, PrintJob
from cards.office.addresses import person_url
from cards.tests.factories import make_card, make_student
from cards.tests.office import MOST_QUERIES, page, queries
from cards.tests.test_print import decoded

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
JOBS = "/admin/cards/printjob/"


def start(user: User, *cards: Card) -> PrintJob:
    return jobs.print_cards(card_uuids=[card.pk for card in cards], layout="cr80", by=user)


def fetch(office: Client, job: PrintJob) -> bytes:
    response: Any = office.get(f"/api/cards/print-jobs/{job.pk}/file/")
    return b"".join(response.streaming_content)


def job_page(job: PrintJob) -> str:
    return f"{JOBS}{job.pk}/change/"


def test_a_job_says_how_far_it_is_and_ends_with_its_file(office: Client, user: User) -> None:
    cards = [make_card() for _ in range(3)]
    job = start(user, *cards)
    shown = page(office, job_page(job))
    assert "Waiting for its turn" in shown
    assert '<progress max="3" value="0"' in shown
    PrintJob.objects.filter(pk=job.pk).update(state="running", done=2)
    assert "Printing: 2 of 3" in page(office, job_page(job))
    status: Any = office.get(f"/api/cards/print-jobs/{job.pk}/")  # what the page's script asks
    assert (status.json()["state"], status.json()["done"]) == ("running", 2)
    jobs.run(str(job.pk))
    shown = page(office, job_page(job))
    assert "All 3 cards are in one file." in shown
    file_url = f"/api/cards/print-jobs/{job.pk}/file/"
    assert file_url in shown
    codes = {text.rpartition("/")[2] for text in decoded(fetch(office, job))}
    assert codes == {card.code for card in cards}


def test_what_was_noticed_is_said_with_the_person(office: Client, user: User) -> None:
    long = make_card(make_student(first_name="Wolfeschlegelsteinhausenberger" * 3))
    broken = default_storage.save("photos/b.jpg", ContentFile(b"rubbish"))
    torn, gone = make_card(make_student(photo=broken)), make_card()
    job = start(user, long, torn, gone)
    jobs.run(str(job.pk))
    Card.objects.filter(pk=gone.pk).delete()
    shown = page(office, job_page(job))
    for words in (
        "No photo: the card shows initials.",
        "The name is too long for the card and was shortened: ",
        "The QR codes lead to this machine only",
        "The photo cannot be read",
        "A card that was deleted",
    ):
        assert words in shown, words
    assert person_url(long.person) in shown
    assert person_url(torn.person) in shown


def test_more_warnings_cost_no_more_queries(office: Client, user: User) -> None:
    few, many = start(user, make_card()), start(user, *[make_card() for _ in range(8)])
    for job in (few, many):
        jobs.run(str(job.pk))
    assert queries(office, job_page(many)) == queries(office, job_page(few)) <= MOST_QUERIES


def test_a_job_that_failed_is_tried_again(office: Client, user: User, settings: Settings) -> None:
    job = start(user, make_card())
    public, settings.PUBLIC_URL = settings.PUBLIC_URL, "https://" + "x" * 900
    jobs.run(str(job.pk))
    assert "could not be made" in page(office, job_page(job))
    settings.PUBLIC_URL = public
    for _ in range(2):  # an impatient officer
        assert office.post(f"{JOBS}{job.pk}/again/")["Location"] == job_page(job)
    assert OrmQ.objects.count() == 2  # the first try, and one more
    jobs.run(str(job.pk))
    assert "in one file" in page(office, job_page(job))
    office.post(f"{JOBS}{job.pk}/again/")
    job.refresh_from_db()
    assert job.state == "done"


def test_a_file_that_was_tidied_up_says_so(office: Client, user: User) -> None:
    job = start(user, make_card())
    jobs.run(str(job.pk))
    PrintJob.objects.update(file="")
    assert "tidied up" in page(office, job_page(job))


def test_the_list_shows_progress_at_one_price(office: Client, user: User) -> None:
    start(user, make_card())
    few = queries(office, JOBS)
    for _ in range(5):
        job = start(user, make_card())
    jobs.run(str(job.pk))
    assert queries(office, JOBS) == few <= MOST_QUERIES
    shown = page(office, f"{JOBS}?state__exact=done")
    assert "1 of 1" in shown
    assert '<span class="chip good">Ready</span>' in shown


def test_who_fetched_the_file_first_is_remembered(office: Client, user: User) -> None:
    job = start(user, make_card())
    jobs.run(str(job.pk))
    times = []
    for _ in range(2):
        fetch(office, job)
        job.refresh_from_db()
        times.append(job.fetched_at)
    assert times[0] is not None
    assert times[0] == times[1]


def test_a_file_goes_some_hours_after_it_was_fetched(office: Client, user: User) -> None:
    fetched, waiting = (start(user, make_card()) for _ in range(2))
    for job in (fetched, waiting):
        jobs.run(str(job.pk))
    fetch(office, fetched)
    soon = timezone.now() + settings.PRINT_FILE_KEPT
    assert jobs.delete_old_files(at=soon - timedelta(minutes=1)) == 0
    assert jobs.delete_old_files(at=soon + timedelta(minutes=1)) == 1
    fetched.refresh_from_db()
    waiting.refresh_from_db()
    assert (bool(fetched.file), bool(waiting.file)) == (False, True)
    assert jobs.delete_old_files(at=timezone.now() + jobs.KEPT_FOR + timedelta(minutes=1)) == 1


@pytest.mark.parametrize("role", Role.values)
def test_only_who_manages_cards_sees_jobs(make_user: MakeUser, role: str, user: User) -> None:
    may = role in {"administrator", "registration_officer"}
    browser = browser_of(user if role == user.role else make_user(role))
    job = start(user, make_card())
    for url in (JOBS, job_page(job)):
        assert browser.get(url).status_code == (200 if may else 403)
    assert browser.post(f"{JOBS}{job.pk}/again/").status_code == (302 if may else 403)


def test_a_job_of_nobody_leads_back(office: Client) -> None:
    assert office.get(f"{JOBS}{uuid4()}/change/").status_code == 302
    assert office.get(f"{JOBS}x/change/").status_code == 302
    assert office.post(f"{JOBS}{uuid4()}/again/").status_code == 404


def test_the_rest_is_printed_after_a_jam_and_a_reason_is_asked_for(
    office: Client, user: User
) -> None:
    cards = [make_card() for _ in range(3)]
    job = start(user, *cards)
    jobs.run(str(job.pk))
    assert office.post(f"{JOBS}{job.pk}/rest/", {"first": 4})["Location"] == job_page(job)
    office.post(f"{JOBS}{job.pk}/rest/", {"first": 3})
    rest = PrintJob.objects.exclude(pk=job.pk).get()
    assert rest.card_uuids == [str(cards[2].pk)]
    assert rest.reason == "From card 3 of 3 on"
    jobs.run(str(rest.pk))
    log = IDCardPrintLog.objects.get(job=rest)
    for address in (f"/admin/cards/idcardprintlog/{log.pk}/change/", person_url(cards[2].person)):
        assert rest.reason in page(office, address)
        said = office.get(address, headers={"accept-language": "sw"}).content.decode()
        assert "Kuanzia kadi ya 3 kati ya 3" in said
        assert rest.reason not in said
    asked: Any = office.post("/admin/cards/print/", {"cards": str(cards[0].pk)})
    assert "1 of them has been printed before" in asked.content.decode()
    how = {"cards": str(cards[0].pk), "layout": "a4", "first_cell": 3, "reason": "New name"}
    office.post("/admin/cards/print/", how)
    last = PrintJob.objects.first()
    assert last is not None
    assert (last.first_cell, last.flip, last.reason) == (3, "long", "New name")


def test_a_card_that_shows_an_old_name_says_so(office: Client, user: User) -> None:
    card = make_card()
    jobs.run(str(start(user, card).pk))
    assert "old name" not in page(office, person_url(card.person))
    card.person.surname = "Kweka"
    card.person.save(update_fields=["surname"])
    assert "Printed with the old name: reprint?" in page(office, person_url(card.person))
