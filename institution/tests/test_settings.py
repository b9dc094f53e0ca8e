"""What a setting is: the environment's, else the office's, else the default; in every process."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as installation
from django.db import InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.signals import pre_execute
from pytest_django.fixtures import Settings

from attendance.tests.factories import tap
from core.errors import InvalidFields
from institution.checks import environment_makes_sense
from institution.declared import (
    CAMPUS_ZONE,
    GROUPS,
    INSTITUTION_CONTACT,
    INSTITUTION_NAME,
    MAIL_PASSWORD,
    MAIL_PORT,
    MAIL_SECURITY,
    MAIL_SERVER,
    MAIL_USER,
    NOTICE_ABSENCE_HOLD_BACK,
    NOTICE_QUIET_HOURS,
    RETENTION_ENABLED,
    SETTINGS,
    said_by_environment,
)
from institution.history import settings_history
from institution.models import SealedSecret, SettingsVersion
from institution.reading import refresh, setting
from institution.services import ChangedMeanwhile, SaidByEnvironment, change_settings
from institution.tests.factories import another_process, decide
from pos.tests.factories import make_reader

pytestmark = pytest.mark.django_db
PASSWORD = "s3kret-of-the-mail-server"


def test_what_nobody_has_said_is_the_default() -> None:
    for each in SETTINGS.values():
        assert setting(each) == each.default


def test_every_default_is_a_value_that_the_office_could_have_entered() -> None:
    for each in SETTINGS.values():
        assert each.kind.read(each.kind.text(each.default)) == each.default


def test_what_the_office_says_holds_at_once_and_what_the_environment_says_wins(
    settings: Settings,
) -> None:
    decide(INSTITUTION_NAME="Kibo Secondary School")
    assert setting(INSTITUTION_NAME) == "Kibo Secondary School"
    settings.INSTITUTION_NAME = "By the operator"
    assert setting(INSTITUTION_NAME) == "By the operator"
    with pytest.raises(SaidByEnvironment, match="INSTITUTION_NAME"):
        decide(INSTITUTION_NAME="Another")


def test_reading_asks_the_database_for_nothing() -> None:
    decide(INSTITUTION_NAME="Kibo")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert [setting(each) for each in SETTINGS.values()]
    assert len(queries) == 0


def test_another_process_notices_with_one_query_and_reads_only_what_has_changed() -> None:
    decide(INSTITUTION_NAME="Kibo", MAIL_SERVER="mail.example.org", MAIL_PASSWORD=PASSWORD)
    another_process()
    assert setting(INSTITUTION_NAME) != "Kibo"
    refresh()
    assert setting(INSTITUTION_NAME) == "Kibo"
    assert setting(MAIL_PASSWORD) == PASSWORD
    with CaptureQueriesContext(connection) as queries:
        refresh()
    assert len(queries) == 1


def test_the_background_worker_notices_before_each_task() -> None:
    decide(INSTITUTION_NAME="Kibo")
    another_process()
    pre_execute.send(sender="django_q", func=None, task={})
    assert setting(INSTITUTION_NAME) == "Kibo"


def test_a_change_is_a_version_that_says_who_and_what(make_user: Any) -> None:
    amina = make_user("administrator", "amina")
    assert change_settings(texts={"NOTICE_QUIET_HOURS": "20:00-07:00"}, by=amina.pk) == (
        "NOTICE_QUIET_HOURS",
    )
    assert change_settings(texts={"NOTICE_QUIET_HOURS": "20:00-07:00"}, by=amina.pk) == ()
    (line,) = settings_history(10)
    assert (line.by, line.action) == ("amina", "changed")
    (detail,) = line.details
    assert (detail.label, detail.before, detail.after) == (
        "Quiet hours",
        "21:00-06:00",
        "20:00-07:00",
    )


def test_the_history_cannot_be_written_anew() -> None:
    decide(INSTITUTION_NAME="Kibo")
    with pytest.raises(InternalError, match="Cannot"), transaction.atomic():
        SettingsVersion.objects.update(changed=[])
    with pytest.raises(InternalError, match="Cannot"), transaction.atomic():
        SettingsVersion.objects.all().delete()


def test_who_has_read_an_older_version_is_told_if_the_same_was_changed() -> None:
    decide(INSTITUTION_NAME="Kibo")
    change_settings(texts={"NOTICE_QUIET_HOURS": ""}, by=None, seen=0)
    with pytest.raises(ChangedMeanwhile):
        change_settings(texts={"INSTITUTION_NAME": "Meru"}, by=None, seen=0)
    change_settings(texts={"INSTITUTION_NAME": "Meru"}, by=None, seen=2)
    assert setting(INSTITUTION_NAME) == "Meru"


def test_nothing_is_written_of_a_form_with_one_mistake() -> None:
    with pytest.raises(InvalidFields) as refused:
        decide(INSTITUTION_NAME="Kibo", INSTITUTION_PRIMARY_COLOUR="red")
    assert list(refused.value.fields) == ["INSTITUTION_PRIMARY_COLOUR"]
    assert not SettingsVersion.objects.exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("INSTITUTION_NAME", " "),
        ("INSTITUTION_NAME", "x" * 101),
        ("INSTITUTION_SHORT_NAME", "Two\nlines"),
        ("INSTITUTION_PRIMARY_COLOUR", "#0b3b66;} body{}"),
        ("INSTITUTION_CONTACT", "\n".join("1234567")),
        ("CAMPUS_ZONE", "Mars/Olympus"),
        ("PHONE_REGION", "Tanzania"),
        ("CARD_VALIDITY", "student=soon"),
        ("CARD_VALIDITY", "student=121"),
        ("NOTICE_LANGUAGE", "fr"),
        ("NOTICE_QUIET_HOURS", "night"),
        ("NOTICE_ABSENCE_HOLD_BACK", "-1"),
        ("NOTICE_INCIDENT_DAYS", "32"),
        ("MAIL_PORT", "70000"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "DIT\r\nBcc: a@b.example <a@example.org>"),
        ("REPORT_MAIL_DOMAINS", "dit.ac.tz\n@example.org"),
        ("SMS_GATEWAY_URL", "ftp://gateway.example/"),
        ("SMS_INBOUND_SECRET", "x" * 15),
        ("RETAIN_PHOTO_DAYS", "6"),
        ("RETAIN_PHOTO_DAYS", "many"),
    ],
)
def test_what_cannot_work_is_refused_at_its_field(name: str, text: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        decide(**{name: text})
    assert list(refused.value.fields) == [name]


@pytest.mark.parametrize(
    ("texts", "wrong"),
    [
        ({"SMS_GATEWAY_BODY": '{"text": "{text}"}'}, "SMS_GATEWAY_BODY"),
        ({"SMS_GATEWAY_HEADERS": "Authorization: Bearer x"}, "SMS_GATEWAY_HEADERS"),
    ],
)
def test_a_gateway_is_looked_at_as_a_whole(texts: dict[str, str], wrong: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        decide(SMS_GATEWAY_URL="https://gateway.example/", **texts)
    assert list(refused.value.fields) == [wrong]


# --- secrets ----------------------------------------------------------------------------------


def everything_stored() -> str:
    rows = [*SettingsVersion.objects.values(), *SealedSecret.objects.values()]
    return repr(rows)


def test_a_secret_is_sealed_and_stands_in_no_version() -> None:
    decide(MAIL_SERVER="mail.example.org", MAIL_PASSWORD=PASSWORD)
    assert PASSWORD not in everything_stored()
    assert setting(MAIL_PASSWORD) == PASSWORD
    (line,) = settings_history(10)
    assert PASSWORD not in repr(line)
    assert "Password" in [detail.label for detail in line.details]


def test_an_older_key_still_opens_it_and_another_does_not(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    decide(MAIL_SERVER="mail.example.org", MAIL_PASSWORD=PASSWORD)
    settings.SECRET_KEY_FALLBACKS = [installation.SECRET_KEY]
    settings.SECRET_KEY = "another" * 9
    another_process()
    refresh()
    assert setting(MAIL_PASSWORD) == PASSWORD
    settings.SECRET_KEY_FALLBACKS = []
    another_process()
    refresh()
    assert setting(MAIL_PASSWORD) == ""
    assert "MAIL_PASSWORD was sealed with another SECRET_KEY" in caplog.text


def test_a_password_is_not_told_to_another_server() -> None:
    decide(MAIL_SERVER="mail.example.org", MAIL_PASSWORD=PASSWORD)
    decide(MAIL_PORT="25")
    assert setting(MAIL_PASSWORD) == PASSWORD
    decide(MAIL_SERVER="elsewhere.example.org")
    assert setting(MAIL_PASSWORD) == ""
    assert not SealedSecret.objects.exists()
    decide(MAIL_SERVER="mail.example.org", MAIL_PASSWORD="another")
    assert setting(MAIL_PASSWORD) == "another"


# --- the campus' clock ------------------------------------------------------------------------


@pytest.fixture
def _zone_of_tests(settings: Settings) -> None:
    """Put back by pytest-django, which tells Django of it."""
    settings.TIME_ZONE = CAMPUS_ZONE.default


@pytest.mark.usefixtures("_zone_of_tests")
def test_the_whole_process_lives_by_the_zone_of_the_campus() -> None:
    decide(CAMPUS_ZONE="Asia/Kolkata")
    assert timezone.localtime().utcoffset() == timedelta(hours=5, minutes=30)
    assert installation.TIME_ZONE == "Asia/Kolkata"


@pytest.mark.usefixtures("_zone_of_tests")
def test_the_zone_stays_once_there_are_taps() -> None:
    _, gate = make_reader()
    tap(gate, "04A32B1C", timezone.now().isoformat())
    with pytest.raises(InvalidFields) as refused:
        decide(CAMPUS_ZONE="Asia/Kolkata")
    assert list(refused.value.fields) == ["CAMPUS_ZONE"]


# --- the environment --------------------------------------------------------------------------


def test_a_mail_address_of_the_environment_says_all_of_its_parts() -> None:
    url = "smtp+tls://user%40example.org:p%23w@mail.example.org:2525"
    said = said_by_environment({"EMAIL_URL": url}.get)
    assert said == {
        MAIL_SERVER.name: "mail.example.org",
        MAIL_PORT.name: 2525,
        MAIL_SECURITY.name: "starttls",
        MAIL_USER.name: "user@example.org",
        MAIL_PASSWORD.name: "p#w",
    }


def test_the_environment_is_read_as_it_always_was() -> None:
    said = said_by_environment(
        {
            "INSTITUTION_CONTACT": "P.O. Box 1,Moshi",
            "NOTICE_ABSENCE_HOLD_BACK_MINUTES": "30",
            "NOTICE_QUIET_HOURS": "",
            "RETENTION_ENABLED": "0",
        }.get
    )
    assert said == {
        INSTITUTION_CONTACT.name: ["P.O. Box 1", "Moshi"],
        NOTICE_ABSENCE_HOLD_BACK.name: timedelta(minutes=30),
        NOTICE_QUIET_HOURS.name: "",
        RETENTION_ENABLED.name: False,
    }
    with pytest.raises(ValueError, match="RETAIN_PHOTO_DAYS"):
        said_by_environment({"RETAIN_PHOTO_DAYS": "many"}.get)


@pytest.mark.parametrize(
    ("name", "value", "number"),
    [
        ("RETAIN_WEBHOOK_DELIVERY_DAYS", -1, ["E014"]),
        ("RETAIN_WEBHOOK_DELIVERY_DAYS", 3, []),
        ("RETAIN_PHOTO_DAYS", 3, ["E011"]),
        ("CAMPUS_ZONE", "Mars/Olympus", ["E019"]),
        ("INSTITUTION_NAME", "", ["E019"]),
    ],
)
def test_what_the_environment_says_wrong_has_a_number(
    name: str, value: object, number: list[str], settings: Settings
) -> None:
    setattr(settings, name, value)
    found = [problem.id for problem in environment_makes_sense()]
    assert found == [f"trackxpert.{each}" for each in number]


def test_each_setting_stands_in_one_group_under_one_name() -> None:
    declared = [each for group in GROUPS for each in group.settings]
    assert len(declared) == len(SETTINGS)
    assert all(not each.sent_to or each.sent_to in SETTINGS for each in declared)
