#!/usr/bin/env python
"""Django's command line; starts the embedded PostgreSQL first when no DATABASE_URL is set."""

import os
import sys

from embedded import pooling, postgres
from embedded.private_files import keep_private

# What runs for long and needs no session of its own; all else locks, dumps or migrates.
THROUGH_THE_POOLER = ("qcluster", "follow_events", "mqtt_bridge")


def main() -> None:
    keep_private()
    pooling.is_passed_by = sys.argv[1:2] != [] and sys.argv[1] not in THROUGH_THE_POOLER
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
