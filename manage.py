#!/usr/bin/env python
"""Django's command line; starts the embedded PostgreSQL first when no DATABASE_URL is set."""

import os
import sys

from embedded import postgres
from embedded.private_files import keep_private


def main() -> None:
    keep_private()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trackxpert.settings")
    if not os.environ.get("DATABASE_URL"):
        _start_embedded_database()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def _start_embedded_database() -> None:
    try:
        postgres.ensure_running()
    except postgres.PostgresError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
