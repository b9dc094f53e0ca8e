"""What has been kept long enough goes; nothing else does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO

import pgtrigger
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone
from django_q.models import Schedule
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from accounts.models import User
from cards.models import IDCardVerificationLog
from people.models import Look, Person
from pos.models import ConflictingTap, Tap
from pos.tests.factories import make_reader
from privacy.checks import periods_are_meant
from privacy.retention import apply_retention
from privacy.tests import cast
from students.models import Student

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
        "verifications": 1,
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
    assert done["photos"] == int(goes)
    assert leaver.surname == "Zyskowski"


def test_a_change_after_they_left_keeps_no_photo_longer(leaver: Student) -> None:
    for event in Person.pgh_event_model.objects.all():  # type: ignore[attr-defined]
        _set_time(event.pk, NOW - timedelta(days=1000))
    _switch(leaver, is_active=False, ago=400)
    Student.objects.update(phone_number="")
    assert apply_retention(at=NOW, really=True) == {"photos": 1}


def test_0_days_keep_for_ever(settings: Settings, make_user: Callable[..., User]) -> None:
    look(NOW - timedelta(days=9000))
    seen(make_user("registration_officer"), NOW - timedelta(days=9000))
    settings.RETAIN_VERIFICATION_LOG_DAYS = settings.RETAIN_CONFLICTING_TAP_DAYS = 0
    settings.RETAIN_PHOTO_DAYS = settings.RETAIN_ACCESS_DAYS = 0
    assert apply_retention(at=NOW, really=True) == {}


def run(*options: str) -> str:
    out = StringIO()
    call_command("apply_retention", *options, stdout=out)
    return out.getvalue()


def test_it_is_a_dry_run_unless_told_otherwise() -> None:
    look(timezone.now() - timedelta(days=400))
    assert run() == "Would delete: 1 verifications. Nothing was changed; --yes does it.\n"
    assert IDCardVerificationLog.objects.count() == 1
    assert run("--yes") == "Deleted: 1 verifications.\n"
    assert run("--yes") == "Deleted: nothing.\n"


def test_the_schedule_does_nothing_before_the_institution_says_so(settings: Settings) -> None:
    schedule = Schedule.objects.get(name="retention")
    assert (schedule.schedule_type, schedule.args) == ("W", "('apply_retention', '--scheduled')")
    look(timezone.now() - timedelta(days=400))
    assert "not set" in run("--scheduled")
    assert IDCardVerificationLog.objects.count() == 1
    settings.RETENTION_ENABLED = True
    assert run("--scheduled") == "Deleted: 1 verifications.\n"


@pytest.mark.parametrize(("days", "is_wrong"), [(0, False), (7, False), (6, True), (-1, True)])
def test_a_period_of_a_few_days_is_a_slip(days: int, is_wrong: bool, settings: Settings) -> None:
    settings.RETAIN_PHOTO_DAYS = days
    assert [problem.id for problem in periods_are_meant()] == ["trackxpert.E011"] * is_wrong
