"""Somebody who left traces everywhere, and a search that finds them."""

import io
from datetime import date, timedelta
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from accounts.models import User
from attendance.changes import change_rules
from attendance.models import Absence, Attendance, NoCardDay, Status
from attendance.open_days import Scope
from attendance.tests.saying import correct_day
from cards import services
from cards.models import Card, HandOut, HandOutTakenBack, PrintJob
from cards.tests.factories import (
    make_card,
    make_guard,
    make_member,
    make_student,
    make_visitor,
)
from discipline.models import Incident, Merit, Proposal, Threshold
from doors.tests.factories import check_in, make_terminal
from notifications.consents import agree_to_notices
from notifications.models import Guardian, Notice
from outbox.models import Event
from people.consents import give_consent
from people.models import Consent, Person
from people.photos import set_photo
from pos.models import Protocol, Tap
from pos.tests.factories import all_day_period, make_hatch, make_reader
from presence.services import end_roll_call, mark, start_roll_call
from staff.models import StaffMember
from students.models import Student
from webhooks import following
from webhooks.events import facts_of_events, facts_of_taps
from webhooks.models import Webhook
from webhooks.tests.receiver import make_webhook

CHIP, OLD_CHIP, DELETED_CHIP = "04D3C1A7", "04D3C1A8", "04D3C1A9"
NUMBER, PHONE, EMAIL = "REG/9931/77X", "+255754990017", "xiomara@leaver.example"
NAME = {"first_name": "Xiomara", "middle_name": "Quenby", "surname": "Zyskowski"}
CONTACT = {"phone_number": PHONE, "email": EMAIL}
USER_AGENT = "Scanner of Xiomara"
TAPS = "/api/pos/taps/"


def make_pupil() -> Student:
    return make_student(identifier=NUMBER, date_of_birth=date(2004, 5, 6), **NAME, **CONTACT)


def make_teacher() -> StaffMember:
    return make_member(identifier=NUMBER, position="Head of Zyskowski Hall", **NAME, **CONTACT)


def make_watchman() -> Person:
    whole_name = " ".join(NAME.values())
    return make_guard(identifier=NUMBER, badge_number="ZY-9931", whole_name=whole_name, **CONTACT)


def make_guest() -> Person:
    return make_visitor(
        identifier=NUMBER,
        whole_name=" ".join(NAME.values()),
        company="Zyskowski and Daughters",
        host=make_member(),
        purpose="Brings what Xiomara ordered",
        **CONTACT,
    )


def leave_traces(person: Person, *, by: User, office: APIClient) -> None:
    """What a year leaves: cards, prints, looks, taps, a correction, a changed name, a portrait."""
    webhook, _ = make_webhook("https://hooks.example.org/in")
    gate = make_reader()[1]
    gate.post(TAPS, {"event_id": "early", "card": CHIP})  # before anybody knew whose it is
    deleted = make_card(person, DELETED_CHIP)
    deleted.delete()
    card = services.replace_card(
        card=make_card(person, OLD_CHIP), reason="lost", rfid_number=CHIP, by=by
    )
    _change_name(person)
    set_photo(person=person, upload=io.BytesIO(_portrait()), size=1000)
    for event_id, number in (("1", CHIP), ("2", CHIP), ("3", OLD_CHIP)):
        assert gate.post(TAPS, {"event_id": event_id, "card": number}).status_code == 201
    assert gate.post(TAPS, {"event_id": "1", "card": "04:d3:c1:a8"}).status_code == 409
    _call_the_roll(person, by)
    _be_away(person, by)
    mistake = {"event_id": "3", "reason": "Zyskowski's old card"}
    assert gate.post(f"{TAPS}annul/", mistake).status_code == 200
    kind = card.card_type
    assert office.post(f"/api/cards/{card.pk}/print-{kind}-card/").status_code == 200
    for address in (f"/api/cards/verify/{kind}/{person.pk}/", f"/v/{card.code}"):
        office.get(address, HTTP_USER_AGENT=USER_AGENT, REMOTE_ADDR="203.0.113.77")
    people = f"/api/{person.declared.plural_key}/"
    assert office.get(f"{people}{person.pk}/").status_code == 200
    for words in (person.full_name, "zyskowski", person.identifier):
        assert office.get(people, {"format": "csv", "search": words}).status_code == 200
    give_consent(
        person=person,
        about=Consent.About.PHOTO_ON_CARD,
        how=Consent.How.PAPER,
        given_by="Mama Xiomara Zyskowski",
        by=by,
    )
    _print_many(card, by)
    _log_in_office(person, by)
    for day in _days_of(person):
        correct_day(record=day, status=Status.EXCUSED, reason="Zyskowski was ill", by=by)
        correct_day(record=day, status=Status.LATE, reason="Xiomara overslept", by=by)
    _tell(webhook)
    # What no terminal can have meant is kept for somebody to look at.
    terminal, key = make_terminal(Protocol.FRAPPE)
    said = check_in(terminal, key, employee_field_value=person.identifier, timestamp="yesterday")
    assert said.status_code == 200


def _call_the_roll(person: Person, by: User) -> None:
    drill = start_roll_call(by=by, is_drill=True, name="Where is Zyskowski?")
    mark(roll_call=drill, person=person.pk, state="safe", by=by, device="Zyskowski at gate 2")
    end_roll_call(roll_call=drill, by=by)


def _be_away(person: Person, by: User) -> None:
    """Tomorrow, known before; and today without a card."""
    today = timezone.localdate()
    day = today + timedelta(days=1)
    absence = Absence(
        person_id=person.pk, first_day=day, last_day=day, reason="Zyskowski is ill", recorded_by=by
    )
    scope = Scope(day, day)
    change_rules(lambda change: change.add(absence), what="Absence", scope=scope, by=by)
    NoCardDay.objects.create(person_id=person.pk, date=today)


def _tell(webhook: Webhook) -> None:
    """What the follower would write, had all this been committed."""
    taps = facts_of_taps(list(Tap.objects.with_names()))
    following._deliver([*taps, *facts_of_events(list(Event.objects.all()))], [webhook])


def _change_name(person: Person) -> None:
    person.phone_number = ""
    person.save()
    person.phone_number = PHONE
    person.save()


def _portrait() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (300, 400), "navy").save(file, "JPEG")
    return file.getvalue()


def _print_many(card: Card, by: User) -> None:
    job = PrintJob(card_uuids=[str(card.pk)], total=1, created_by=by)
    job.warnings = [
        {"card_uuid": str(card.pk), "code": "name_shortened", "detail": "Xiomara Q. Z."},
        {"card_uuid": "another", "code": "no_photo", "detail": ""},
    ]
    job.file.save("zyskowski.pdf", ContentFile(b"%PDF-"))
    HandOut.objects.create(card=card, handed_out_by=by, received_by="the mother of Zyskowski")
    HandOutTakenBack.objects.create(
        card=card,
        handed_out_at=timezone.now(),
        handed_out_by=by,
        received_by="the uncle of Zyskowski",
        taken_back_by=by,
    )


def _log_in_office(person: Person, by: User) -> None:
    for thing in (person, *Card.objects.of(person), *_days_of(person)):
        LogEntry.objects.create(
            user_id=by.pk,
            content_type=ContentType.objects.get_for_model(thing),
            object_id=str(thing.pk),
            object_repr=str(thing),
            action_flag=CHANGE,
            change_message="Zyskowski",
        )


def _days_of(person: Person) -> Any:
    return Attendance.objects.filter(person=person)


def leave_a_students_traces(student: Student, *, by: User) -> None:
    """What only students have: guardians and notices, incidents, meals."""
    all_day_period()
    hatch = make_hatch()[1]
    assert hatch.post(TAPS, {"event_id": "1", "card": CHIP}).json()["meal"]
    guardian = Guardian.objects.create(
        student=student,
        name="Mama Zyskowski",
        phone="+255754990018",
        email="mama@leaver.example",
        channels=["sms"],
    )
    Notice.objects.create(
        student=student,
        guardian=guardian,
        channel="sms",
        kind=Notice.Kind.ARRIVAL,
        event_id=_days_of(student).get().pk,
        date=timezone.localdate(),
        says="Present",
        recipient=guardian.phone,
        body="Xiomara arrived",
        expires_at=timezone.now(),
    )
    agree_to_notices(guardian=guardian, how=Consent.How.PAPER, by=by)
    guardian.name = "Mama Xiomara"
    guardian.save()
    seen = Incident(
        student=student,
        incident_description="Xiomara fought",
        points_deducted=10,
        recorded_by=by,
    )
    seen.evidence.save("fight.jpeg", ContentFile(b"\xff\xd8"))
    voided = Incident.objects.create(
        student=student,
        incident_description="Zyskowski again",
        points_deducted=5,
        recorded_by=by,
    )
    voided.voided_at, voided.voided_by = timezone.now(), by
    voided.void_reason = "It was not Xiomara"
    voided.save()
    merit = Merit.objects.create(
        student=student, description="Xiomara helped", points=3, recorded_by=by
    )
    merit.voided_at, merit.voided_by = timezone.now(), by
    merit.void_reason = "It was not Zyskowski"
    merit.save()
    Proposal.objects.create(
        student=student,
        threshold=Threshold.objects.create(at_or_below=90, act="Call the guardian"),
        points_left=90,
        decision=Proposal.Decision.ACCEPTED,
        decided_by=by,
        decided_at=timezone.now(),
        note="Called the mother of Xiomara",
    )


def words_about(person: Person) -> set[str]:
    """Everything by which somebody could still tell who it was."""
    cards = Card.objects.of(person)
    words = {
        *NAME.values(),
        *(NUMBER, PHONE, EMAIL, CHIP, OLD_CHIP, DELETED_CHIP, "04:d3:c1:a8"),
        *("+255754990018", "mama@leaver.example", "ZY-9931", "203.0.113.77", USER_AGENT),
        *cards.values_list("code", flat=True),
        str(person.photo.name),
        "zyskowski.pdf",
    }
    return words - {""}


def tables_with(words: set[str]) -> dict[str, int]:
    """In which tables, in any column whatever, any of these words stands in how many rows."""
    found = {}
    condition = " OR ".join(["candidate::text ILIKE %s"] * len(words))
    with connection.cursor() as cursor:
        for table in _tables():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS candidate WHERE {condition}',  # noqa: S608
                [f"%{word}%" for word in words],
            )
            if count := cursor.fetchone()[0]:
                found[table] = count
    return found


def rows() -> dict[str, int]:
    """How many rows each table has."""
    counted = {}
    with connection.cursor() as cursor:
        for table in _tables():
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608
            counted[table] = cursor.fetchone()[0]
    return counted


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
        )
        return [name for (name,) in cursor.fetchall()]
