"""`python -m tools.bench` measures everything, `python -m tools.bench cards` one subject."""

import os
import sys
from importlib import import_module

import django

from tools.bench.stack import STATE, make_administrator, running_server

SUBJECTS = ("people", "cards", "office", "taps", "closing", "monitor")


def main() -> None:
    os.environ.pop("DATABASE_URL", None)
    os.environ["TRACKXPERT_STATE"] = str(STATE)
    os.environ["DJANGO_SETTINGS_MODULE"] = "trackxpert.settings"
    with running_server(state=STATE, with_demo=False) as port:
        # The database's address is known now, to the settings as well.
        django.setup()
        make_administrator()
        for name in sys.argv[1:] or SUBJECTS:
            import_module(f"tools.bench.{name}").run(port)


if __name__ == "__main__":
    main()
