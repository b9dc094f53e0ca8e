"""What is a fault, from figures alone; here of backups."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from operations.faults import Kind, faults_of
from operations.figures import Figures, figures
from operations.status import status_of_now

pytestmark = pytest.mark.django_db
HOUR = 3600.0


@pytest.fixture
def known() -> Figures:
    """Of an installation of yesterday, of which all else is well."""
    return replace(figures(), worker_age=1.0, events_age=1.0, known_for=24 * HOUR, clocks_ahead={})


def told(known: Figures, *, hours: int = 48) -> list[tuple[str, str, str]]:
    found = faults_of(known, backup_within=timedelta(hours=hours))
    return [(fault.kind, fault.subject, fault.detail) for fault in found]


def test_a_last_good_backup_that_is_too_old_is_a_fault(known: Figures) -> None:
    stale = (Kind.BACKUP_STALE, "", "No good backup was made for 49 hours.")
    assert told(replace(known, backup_age=47 * HOUR)) == []
    assert told(replace(known, backup_age=49 * HOUR)) == [stale]
    assert told(replace(known, backup_age=49 * HOUR), hours=72) == []
    assert told(replace(known, backup_age=49 * HOUR), hours=0) == []  # nobody asks


def test_where_none_was_ever_made_the_age_of_the_installation_counts(known: Figures) -> None:
    assert told(replace(known, backup_age=None)) == []
    (stale,) = told(replace(known, backup_age=None, known_for=50 * HOUR))
    assert stale == (Kind.BACKUP_STALE, "", "No good backup was made for 50 hours.")


def test_an_archive_that_takes_nothing_is_a_fault_of_its_own(known: Figures) -> None:
    assert told(replace(known, archive_failing_for=14 * 60.0)) == []
    failing = "The archive of the database has taken nothing for 16 minutes."
    both = replace(known, archive_failing_for=16 * 60.0, backup_age=49 * HOUR)
    assert (Kind.BACKUP_STALE, "archive", failing) in told(both)
    assert len(told(both)) == 2


def test_the_status_names_it(settings: Any) -> None:
    settings.BACKUP_WITHIN = timedelta(seconds=1e-6)
    status = status_of_now()
    assert status["status"] == "degraded"
    assert "backup_stale" in {fault["kind"] for fault in status["faults"]}
    assert status["archive"] == {"failing_seconds": None}
