"""How many streams a user has open, in all processes on all machines together.

A stream holds no database connection, so nothing of it would be noticed when its process is
killed: its lease lapses instead. All times are the database's, which all share.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import User
from core.locks import take_turns
from live.models import StreamLease

LEASE: Final = timedelta(seconds=6)
RENEW_SECONDS: Final = 2.0
RENEW = """
    UPDATE live_streamlease SET lapses_at = statement_timestamp() + %s::interval
    WHERE lease_id = ANY(%s) AND lapses_at > statement_timestamp()
    RETURNING lease_id
"""


def take_lease(*, user: User, most: int) -> UUID | None:
    """A place of this user's, or None if `most` are taken."""
    with transaction.atomic():
        # Of two streams that are opened at once the second counts the first.
        take_turns(f"live streams {user.pk}")
        lapsed().filter(user=user).delete()
        if StreamLease.objects.filter(user=user).count() >= most:
            return None
        return StreamLease.objects.create(user=user, lapses_at=Now() + LEASE).pk


def renew_leases(leases: Collection[UUID]) -> set[UUID]:
    """Those of them that had not lapsed: of the others the place may be somebody else's by now."""
    with connection.cursor() as cursor:
        cursor.execute(RENEW, [str(LEASE), list(leases)])
        return {pk for (pk,) in cursor.fetchall()}


def give_back(leases: Collection[UUID]) -> None:
    StreamLease.objects.filter(pk__in=leases).delete()


def lapsed() -> QuerySet[StreamLease]:
    """Of processes that were killed."""
    return StreamLease.objects.filter(lapses_at__lte=Now())
