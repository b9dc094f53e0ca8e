"""What a reader says and we do not know (contract section 8).

Firmware may be newer than the server, and a misspelt `tappedAt` is no reason to lose a tap: such
keys are left out, named in the answer, and kept for the page of that reader.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection

MOST_NAMES, LONGEST_NAME = 20, 64

# Outside of the taps' transaction, and no write at all while a reader goes on saying the same.
NOTE = """
    INSERT INTO pos_ignoredkeys AS known (device_id, names, heard_at) VALUES (%s, %s, %s)
    ON CONFLICT (device_id) DO UPDATE SET names = excluded.names, heard_at = excluded.heard_at
    WHERE known.names <> excluded.names
       OR known.heard_at < excluded.heard_at - interval '1 minute'
"""


def names_left_out(said: Any, known: AbstractSet[str]) -> tuple[str, ...]:
    """The names in an object that are not known, so that they can be shown; of others none."""
    if not isinstance(said, Mapping) or said.keys() <= known:
        return ()
    unknown = (name for name in said if name not in known)
    return tuple(_shown(name) for name in islice(unknown, MOST_NAMES))


def _shown(name: str) -> str:
    letters = (letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
    return "".join(islice(letters, LONGEST_NAME))


def note_ignored(*, pos_id: UUID | None, names: Iterable[str], heard_at: datetime) -> None:
    """Keep which keys of this reader were ignored last; of a person, or of no keys, nothing."""
    kept = sorted(set(names))[:MOST_NAMES]
    if pos_id and kept:
        with connection.cursor() as cursor:
            cursor.execute(NOTE, [pos_id, kept, heard_at])
