"""The private PostgreSQL that TrackXpert brings along when `DATABASE_URL` is unset.

It is meant for trying out, for tests and for a single box. Everything lives in one state folder, it
listens on the loopback address only, and no part of it needs Django or a running server:
`settings.py` asks for `database_url()`, whoever needs the database calls `ensure_running()`.

    python -m embedded.postgres start | stop | status | url | bin | wheel-bin | psql
    python -m embedded.postgres upgrade | go-back
"""

import sys

from .state import PostgresError, current_home, database_url, state_dir

if sys.platform == "win32":
    raise PostgresError(
        "The embedded PostgreSQL does not support Windows: set DATABASE_URL to a PostgreSQL server"
        " of version 15 or newer, or use WSL."
    )

from .lease import hold_lease
from .server import ensure_running, is_alive, stop, stop_if_unused

__all__ = [
    "PostgresError",
    "current_home",
    "database_url",
    "ensure_running",
    "hold_lease",
    "is_alive",
    "state_dir",
    "stop",
    "stop_if_unused",
]
