"""What the tests of this folder ask."""

from typing import Any

from rest_framework.test import APIClient

ON_SITE = "/api/attendance/on-site/"
STREAKS = "/api/attendance/streaks/"
ROLL_CALLS = "/api/attendance/roll-calls/"


def answer(client: APIClient, url: str = ON_SITE, **asked: Any) -> Any:
    response = client.get(url, asked)
    assert response.status_code == 200, response.content
    return response.json()


def names(client: APIClient, **asked: Any) -> list[str]:
    """Who is on the list, in its order."""
    return [row["full_name"] for row in answer(client, page_size=100, **asked)["results"]]


def is_here(client: APIClient, person: Any, at: str = "") -> bool:
    when = {"at": at} if at else {}
    return str(person.pk) in {
        row["person"] for row in answer(client, page_size=100, **when)["results"]
    }
