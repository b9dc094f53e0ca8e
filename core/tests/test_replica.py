"""Reports and lists from a replica (docs/operators.md): here a second way to the same database.

What a test writes is seen by its own connection only, so who reads by the other does not see it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections
from rest_framework.test import APIClient

from core import replica
from students.models import Student

pytestmark = pytest.mark.django_db
Reach = Callable[..., None]


@pytest.fixture
def reach(settings: Any) -> Iterator[Reach]:
    """Make a replica that is reached like this."""
    settings.DATABASE_ROUTERS = ["core.replica.ReplicaRouter"]

    def made(**change: Any) -> None:
        link: Any = connections.create_connection("default")
        link.settings_dict = {**connection.settings_dict, **change}
        connections.settings[replica.REPLICA] = link.settings_dict
        connections[replica.REPLICA] = link

    yield made
    if replica.REPLICA in connections.settings:
        connections[replica.REPLICA].close()
        del connections.settings[replica.REPLICA]
        del connections[replica.REPLICA]
    replica._rest.until = 0.0


def a_student() -> Student:
    return Student.objects.create(identifier="DIT/2024/00001", first_name="Asha", surname="Mushi")


def listed(officer: APIClient, **headers: str) -> tuple[int, str | None]:
    """How many students the list shows, and how old it says that it is."""
    answer = officer.get("/api/students/", headers=headers)
    assert answer.status_code == 200
    return answer.json()["count"], answer.headers.get("X-Replica-Age")


def test_a_list_and_a_report_are_read_from_the_replica_and_say_how_old_they_are(
    reach: Reach, officer: APIClient, administrator: APIClient
) -> None:
    student = a_student()
    assert listed(officer) == (1, None)
    reach()
    assert listed(officer) == (0, "0.0")
    # One person, and whoever wants the newest, is read where it is written.
    assert officer.get(f"/api/students/{student.pk}/").status_code == 200
    assert listed(officer, cache_control="no-cache") == (1, None)
    report = administrator.get("/api/reports/attendance/?period=weekly")
    assert (report.status_code, report["X-Replica-Age"]) == (200, "0.0")


@pytest.mark.parametrize("change", [{"HOST": "127.0.0.1", "PORT": 1}, {"NAME": "nobody_has_it"}])
def test_a_replica_that_does_not_answer_is_done_without(
    reach: Reach, officer: APIClient, change: dict[str, Any]
) -> None:
    a_student()
    reach(**change)
    assert listed(officer) == (1, None)


def test_a_replica_too_far_behind_is_done_without(
    reach: Reach, officer: APIClient, settings: Any
) -> None:
    a_student()
    reach()
    settings.REPLICA_MOST_SECONDS = -1
    assert listed(officer) == (1, None)
