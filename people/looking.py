"""Who looked is written down before anything is shown (contract section 3).

One statement. Where the row cannot be written, nothing is shown either: a database that only reads
answers 503 (`core.outages`), as it does to whoever wants to write.
"""

from collections.abc import Collection
from urllib.parse import unquote_plus
from uuid import UUID

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import User
from core.client_address import client_address
from people.models import Look

MOST_PATH, MOST_ASKED = 300, 500


def note_look(request: HttpRequest | Request, what: Look.What, person: UUID) -> None:
    """That whoever asks is about to be shown this of this person."""
    _note(request, what, person=person)


def note_look_at_many(
    request: HttpRequest | Request, what: Look.What, *, held: Collection[UUID]
) -> None:
    """That whoever asks is about to be given an export or a report of these people."""
    _note(request, what, held=held)


def _note(
    request: HttpRequest | Request,
    what: Look.What,
    *,
    person: UUID | None = None,
    held: Collection[UUID] | None = None,
) -> None:
    assert isinstance(request.user, User)
    Look.objects.create(
        user=request.user,
        person_id=person,
        what=what,
        path=request.path[:MOST_PATH],
        asked=_readable(request.META.get("QUERY_STRING", ""))[:MOST_ASKED],
        people=None if held is None else len(held),
        held=list(held or ()),
        ip_address=client_address(request),
    )


def _readable(query: str) -> str:
    """As it was typed, so that an erasure finds a name in it."""
    return unquote_plus(query).replace("\x00", "")
