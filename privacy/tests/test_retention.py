"""What has been kept long enough goes; nothing else does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from io import StringIO

import pgtrigger
import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.utils import timezone
from django_q.models import Schedule
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.models import IDCardVerificationLog
from discipline.models import Incident
from institution.checks import environment_makes_sense
from institution.declared import RETENTION_ENABLED
from institution.reading import setting
from notifications.models import Notice
from people.deed_models import Deed
from people.models import Import, Look, Person
from pos.models import ConflictingTap, Tap
from pos.tests.factories import make_reader
from privacy.housekeeping import outdated
from privacy.retention import FOR_GOOD, apply_retention, periods, standings
from privacy.tests import cast
from students.models import Student

MakeUser = Callable[..., User]
pytestmark = [pytest.mark.django_db, pytest.mark.dialect]
NOW = datetime.fromisoformat("2026-11-21T12:00:00+03:00")


def look(at: datetime) -> IDCardVerificationLog:
    return IDCardVerificationLog.objects.create(
        card_type="student", asked="x", result="not_found", ip_address="10.0.0.1", verified_at=at
    )


def clash(at: datetime) -> ConflictingTap:
    device = make_reader()[0]
    return ConflictingTap.objects.create(
        device=device, event_id="1", content=device.pk, sent={}, received_at=at
    )


def seen(by: User, at: datetime) -> Look:
    return Look.objects.create(user=by, what="export", people=7, path="/", looked_at=at)


def test_old_logs_go_and_young_ones_stay(make_user: Callable[..., User]) -> None:
    year, user = timedelta(days=365), make_user("registration_officer")
    kept = [look(NOW - year + timedelta(hours=1)), clash(NOW)]
    young = seen(user, NOW - year + timedelta(hours=1))
    look(NOW - year - timedelta(hours=1))
    clash(NOW - 2 * year)
    seen(user, NOW - year - timedelta(hours=1))
    assert apply_retention(at=NOW, really=True) == {
        "verifications of cards": 1,
        "conflicting taps": 1,
        "looks at people": 1,
    }
    assert Look.objects.get() == young
    assert list(IDCardVerificationLog.objects.all()) == kept[:1]
    assert list(ConflictingTap.objects.all()) == kept[1:]
    assert not Tap.objects.exists()


@pytest.fixture
def leaver() -> Student:
    """With a portrait; when they left, each test says."""
    student = cast.make_pupil()
    student.photo = default_storage.save("photos/1.jpg", ContentFile(b"\xff\xd8"))
    student.save()
    return student


def _switch(student: Student, *, is_active: bool, ago: int) -> None:
    """The triggers write the history by the database's clock, so its times are set here."""
    Student.objects.filter(pk=student.pk).update(is_active=is_active)
    events = Person.pgh_event_model.objects.filter(pgh_obj=student.pk)  # type: ignore[attr-defined]
    _set_time(events.latest("pgh_id").pk, NOW - timedelta(days=ago))


def _set_time(pgh_id: int, at: datetime) -> None:
    with pgtrigger.ignore("people.PersonEvent:append_only"):
        Person.pgh_event_model.objects.filter(pgh_id=pgh_id).update(pgh_created_at=at)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("switches", "goes"),
    [
        ([(False, 366)], True),
        ([(False, 364)], False),
        ([(False, 900), (True, 800), (False, 200)], False),  # was back in between
        ([(False, 900), (True, 800), (False, 400)], True),
        ([(False, 900), (True, 100)], False),  # is back
        ([], False),
    ],
)
def test_a_photo_goes_a_year_after_its_person(
    leaver: Student,
    switches: list[tuple[bool, int]],
    goes: bool,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    events = Person.pgh_event_model.objects.filter(pgh_obj=leaver.pk)  # type: ignore[attr-defined]
    for event in events:
        _set_time(event.pk, NOW - timedelta(days=1000))
    for is_active, ago in switches:
        _switch(leaver, is_active=is_active, ago=ago)
    with django_capture_on_commit_callbacks(execute=True):
        done = apply_retention(at=NOW, really=True)
    leaver.refresh_from_db()
    assert (bool(leaver.photo), default_storage.exists("photos/1.jpg")) == (not goes, not goes)
    assert done["photos of people who left"] == int(goes)
    assert leaver.surname == "Zyskowski"


def test_a_change_after_they_left_keeps_no_photo_longer(leaver: Student) -> None:
    for event in Person.pgh_event_model.objects.all():  # type: ignore[attr-defined]
        _set_time(event.pk, NOW - timedelta(days=1000))
    _switch(leaver, is_active=False, ago=400)
    Student.objects.update(phone_number="")
    assert apply_retention(at=NOW, really=True) == {"photos of people who left": 1}


def test_0_days_keep_for_ever(settings: Settings, make_user: Callable[..., User]) -> None:
    look(NOW - timedelta(days=9000))
    seen(make_user("registration_officer"), NOW - timedelta(days=9000))
    for period in periods():
        setattr(settings, period.setting, 0)
    assert apply_retention(at=NOW, really=True) == {}


def run(*options: str) -> str:
    out = StringIO()
    call_command("apply_retention", *options, stdout=out)
    return out.getvalue()


def test_it_is_a_dry_run_unless_told_otherwise() -> None:
    look(timezone.now() - timedelta(days=400))
    assert run() == "Would delete: 1 verifications of cards. Nothing was changed; --yes does it.\n"
    assert IDCardVerificationLog.objects.count() == 1
    assert run("--yes") == "Deleted: 1 verifications of cards.\n"
    assert run("--yes") == "Deleted: nothing.\n"


def test_the_schedule_does_it_unless_it_is_switched_off(settings: Settings) -> None:
    schedule = Schedule.objects.get(name="retention")
    assert (schedule.schedule_type, schedule.args) == ("W", "('apply_retention', '--scheduled')")
    assert setting(RETENTION_ENABLED) is True
    look(timezone.now() - timedelta(days=400))
    settings.RETENTION_ENABLED = False
    assert "is 0" in run("--scheduled")
    assert IDCardVerificationLog.objects.count() == 1
    settings.RETENTION_ENABLED = True
    assert run("--scheduled") == "Deleted: 1 verifications of cards.\n"


def test_every_table_that_grows_has_a_period_or_a_reason() -> None:
    named = [label for period in periods() for label in period.labels]
    named += [each.label for each in outdated(at=NOW)]
    named += FOR_GOOD
    every = [
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]
    assert sorted(named) == sorted(every)
    assert all(FOR_GOOD.values())


def test_a_whole_life_goes_when_its_time_is_over(make_user: MakeUser, officer: APIClient) -> None:
    """Each period on its own, at its last day and a day later."""
    student, by = cast.make_pupil(), make_user("administrator", "grace")
    cast.leave_traces(student, by=by, office=officer)
    cast.leave_a_students_traces(student, by=by)
    Notice.objects.update(state=Notice.State.FAILED)
    Import.objects.create(
        kind="student",
        state="applied",
        file_name="x.csv",
        summary={},
        digest="",
        uploaded_by=by,
        closed_by=by,
        closed_at=timezone.now(),
    )
    Deed.objects.create(what="photos", kind="student", summary={}, made_by=by)
    grown = {
        model._default_manager.model._meta.label
        for period in periods()
        for model in map(apps.get_model, period.labels)
        if model._default_manager.exists()
    }
    assert {"pos.Tap", "attendance.Attendance", "kitchen.KitchenService"} <= grown
    for period in periods():
        if not period.labels:
            continue
        last = timezone.now() + timedelta(days=period.days - 1)
        over = timezone.now() + timedelta(days=period.days + 1)
        assert sum(rows.count() for rows in period.old(last)) == 0, period.what
        assert sum(rows.count() for rows in period.old(over)) > 0, period.what
    end = timezone.now() + timedelta(days=4000)
    would = {each.what.lower(): each.would_go for each in standings(at=end) if each.would_go}
    done = apply_retention(at=end, really=True)
    assert {what: done[what] for what in would} == would
    assert not any(
        model._default_manager.exists()
        for period in periods()
        for model in map(apps.get_model, period.labels)
    )
    student.refresh_from_db()
    assert student.discipline_points == 90
    with pytest.raises(DatabaseError), transaction.atomic():
        Incident.objects.all().delete()


def test_what_is_on_its_way_stays(make_user: MakeUser) -> None:
    by = make_user("administrator", "grace")
    old = timezone.now() - timedelta(days=5000)
    Import.objects.create(
        kind="student", file_name="x", summary={}, digest="", uploaded_by=by, uploaded_at=old
    )
    assert apply_retention(at=timezone.now(), really=True)["imports"] == 0


def test_the_office_shows_what_is_deleted_when(make_user: MakeUser, settings: Settings) -> None:
    look(timezone.now() - timedelta(days=400))
    browser = browser_of(make_user("administrator"))
    page = browser.get("/admin/retention/").content.decode()
    for period in periods():
        assert period.setting in page
        assert period.what in unescape(page)
    assert "Next run" in page
    assert '<td data-label="Would go now">1</td>' in page
    for each in outdated(at=NOW):
        assert each.what.capitalize() in page
    assert "12 hours after they were fetched" in page
    settings.RETENTION_ENABLED, settings.RETAIN_FACT_DAYS = False, 0
    page = browser.get("/admin/retention/").content.decode()
    assert "for ever" in page
    assert "RETENTION_ENABLED is 0" in page


@pytest.mark.parametrize("role", [role for role in Role.values if role != "administrator"])
def test_only_administrators_see_it(make_user: MakeUser, role: str) -> None:
    assert browser_of(make_user(role)).get("/admin/retention/").status_code == 403


@pytest.mark.parametrize(("days", "is_wrong"), [(0, False), (7, False), (6, True), (-1, True)])
def test_a_period_of_a_few_days_is_a_slip(days: int, is_wrong: bool, settings: Settings) -> None:
    settings.RETAIN_PHOTO_DAYS = days
    assert [problem.id for problem in environment_makes_sense()] == ["trackxpert.E011"] * is_wrong
