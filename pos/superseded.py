"""What only the code of before needs of the ledger: it goes a day later.

While nodes are exchanged, some of them tell a repeat by the index of ids that was there before that
of hashes (migration 0020). It takes twice as much as the new one.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from core.locks import Yielded, yielding

SUPERSEDED_FOR: Final = timedelta(days=1)

# The new index takes over the name too.
SUPERSEDE: Final = """
    ALTER TABLE pos_tap DROP CONSTRAINT IF EXISTS pos_tap_unique_event_of_series;
    DROP INDEX IF EXISTS pos_tap_unique_event_of_series;
    ALTER INDEX pos_tap_event_hashes RENAME TO pos_tap_unique_event_of_series;
"""
IS_DUE: Final = """
    SELECT to_regclass('pos_tap_event_hashes') IS NOT NULL AND EXISTS (
        SELECT FROM django_migrations
        WHERE app = 'pos' AND name = '0020_events_by_hash' AND applied < %s
    )
"""


def drop_superseded(*, at: datetime) -> None:
    """Drop the index of ids, if it is time; whoever taps waits a second at most, else it stays."""
    with suppress(Yielded), yielding(), connection.cursor() as cursor:
        cursor.execute(IS_DUE, [at - SUPERSEDED_FOR])
        if cursor.fetchone() == (True,):
            cursor.execute(SUPERSEDE)
