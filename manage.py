#!/usr/bin/env python
"""Django's command line; starts the embedded PostgreSQL first when no DATABASE_URL is set."""

import os
import sys

from trackxpert import postgres


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trackxpert.settings")
    if not os.environ.get("DATABASE_URL"):
        postgres.ensure_running()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
