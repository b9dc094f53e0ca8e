"""The office as a test meets it."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

MOST_QUERIES = 25
STUDENTS = "/admin/students/student/"
CARDS = "/admin/cards/card/"


def page(office: Client, url: str) -> str:
    response = office.get(url)
    assert response.status_code == 200, (url, response.status_code)
    return response.content.decode()


def told(response: Any) -> str:
    """What the office has just said over the page that follows; empty for nothing."""
    said = [str(message) for message in get_messages(response.wsgi_request)]
    return said[-1] if said else ""


def queries(office: Client, url: str) -> int:
    """As for the first request of a process, whichever test comes first."""
    ContentType.objects.clear_cache()
    with CaptureQueriesContext(connection) as captured:
        assert office.get(url).status_code == 200
    return len(captured)


def select(office: Client, url: str, action: str, rows: Any, **extra: str) -> Any:
    """Choose an action for these rows of a list."""
    keys = [str(row.pk) for row in rows]
    return office.post(url, {"action": action, "_selected_action": keys, **extra})
