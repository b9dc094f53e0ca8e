"""Backups that are made by themselves: when, where to, and how many are kept."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from files.tests.test_storage import in_s3, s3_server
from operations import nightly
from operations.backups import opened
from operations.checks import nightly_backups_can_be_made
from operations.models import Backup

__all__ = ["s3_server"]


@pytest.fixture
def night(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The time for it was an hour ago, on an installation of last year."""
    settings.STATE_DIR = tmp_path / "state"
    settings.STATE_DIR.mkdir()
    settings.BACKUP_AT = f"{timezone.localtime() - timedelta(hours=1):%H:%M}"
    settings.BACKUP_TO, settings.BACKUP_KEEP = str(tmp_path / "there"), 2
    old = timezone.now() - timedelta(days=365)
    monkeypatch.setattr(nightly, "installed_at", lambda: old)
    return tmp_path / "there"


def make_record(hours: float, **fields: Any) -> Backup:
    at = timezone.now() - timedelta(hours=hours)
    known = {"name": "b", "size": 1, "digest": "", "is_encrypted": False, "verified_at": at}
    return Backup.objects.create(made_at=at, **known | fields)


def test_one_is_due_until_a_good_one_was_made(
    night: Path, db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    assert nightly.is_due(at=now)
    make_record(2)
    make_record(0.5, verified_at=None)
    assert nightly.is_due(at=now)
    assert not nightly.is_due(at=now - timedelta(minutes=90))  # that of the day before will do
    make_record(0.5)
    assert not nightly.is_due(at=now)
    assert nightly.is_due(at=now + timedelta(days=1))
    monkeypatch.setattr(nightly, "installed_at", timezone.now)
    assert not nightly.is_due(at=now + timedelta(minutes=1))  # what is new waits for its night
    settings.BACKUP_AT = ""
    assert not nightly.is_due(at=now + timedelta(days=1))


@pytest.mark.django_db(transaction=True)
def test_the_latest_are_kept_and_nobody_makes_two_at_once(night: Path) -> None:
    night.mkdir()
    ours = ["trackxpert-night-20990101-021500.tar", "trackxpert-night-20260101-021500.tar.age"]
    others = {"trackxpert-20250101-021500.tar", "trackxpert-night-20250101-021500.tar", "mine"}
    for name in (*ours, *others):
        (night / name).touch()
    for name in ours:  # the clock was once wrong
        make_record(48, name=name)
    with nightly._alone():
        assert call_command("backup", when_due=True) == "None is due."
    call_command("backup", when_due=True)
    made = Backup.objects.latest("pk")
    assert made.verified_at
    assert made.name.startswith("trackxpert-night-2")
    assert {path.name for path in night.iterdir()} == {*others, ours[1], made.name}
    assert call_command("backup", when_due=True) == "None is due."
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_a_bucket_of_their_own(
    night: Path, s3_server: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    owner = pyrage.x25519.Identity.generate()
    settings.BACKUP_TO, settings.BACKUP_RECIPIENTS = "s3", [str(owner.to_public())]
    nowhere: Any = in_s3(s3_server)
    nowhere.bucket_name = "nowhere"
    monkeypatch.setattr(nightly, "storages", {"backups": nowhere})
    with pytest.raises(Exception, match="NoSuchBucket"):
        call_command("backup", when_due=True)
    assert not Backup.objects.exists()
    assert not list((settings.STATE_DIR / "backup-parts").iterdir())
    assert call_command("backup", when_due=True) == "None is due."  # not each half hour
    assert nightly.is_due(at=timezone.now() + timedelta(hours=7))
    (settings.STATE_DIR / "backup-tried").unlink()
    there = in_s3(s3_server)
    monkeypatch.setattr(nightly, "storages", {"backups": there})
    call_command("backup", when_due=True)
    (name,) = there.listdir("")[1]
    copy = tmp_path / name
    with there.open(name) as kept:
        copy.write_bytes(kept.read())
    with opened(copy, [str(owner)]) as (_, manifest):
        assert manifest["tables"]
    there.delete(name)
    assert Backup.objects.get().name == name
    assert not (settings.STATE_DIR / "backup-tried").exists()


def test_none_is_begun_that_would_fill_the_disk(
    night: Path, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "ROOM", 10**9)
    with pytest.raises(CommandError, match="MB free"):
        call_command("backup", when_due=True)
    assert not Backup.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"BACKUP_AT": "soon"},
        {"BACKUP_AT": "02:15Z"},
        {"BACKUP_TO": ""},
        {"BACKUP_KEEP": 0},
        {"BACKUP_TO": "s3"},
        {"BACKUP_TO": "s3", "BACKUP_S3_BUCKET": "files", "S3_BUCKET": "files"},
        {"BACKUP_TO": "s3", "BACKUP_S3_BUCKET": "b", "BACKUP_RECIPIENTS": []},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: Settings, wrong: dict[str, Any]) -> None:
    assert nightly_backups_can_be_made() == []
    for name, value in wrong.items():
        setattr(settings, name, value)
    assert [each.id for each in nightly_backups_can_be_made()] == ["trackxpert.E022"]
