"""A process that serves one request and is killed at a chosen moment."""

import os
import subprocess
import sys
import textwrap

from django.db import connection

from tools.bench.stack import ROOT

# It dies when the tap's row was written but not committed, or when it was committed but not
# answered. `serve` is given to it as source.
SERVE_AND_DIE = textwrap.dedent(
    """
    import os, signal, sys
    import django
    django.setup()
    from django.db import connection, transaction
    from rest_framework.test import APIClient

    moment, database, serve, *said = sys.argv[1:]
    connection.settings_dict["NAME"] = database

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def die_when_written(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if "INTO pos_tap" in sql:
            die() if moment == "before" else transaction.on_commit(die)
        return result

    client = APIClient(HTTP_HOST="localhost")
    with connection.execute_wrapper(die_when_written):
        exec(serve)
    """
)


def serve_and_die(moment: str, serve: str, *said: str) -> subprocess.CompletedProcess[str]:
    """`moment`: before or after the commit; `serve`: a statement with `client` and `said`."""
    database = str(connection.settings_dict["NAME"])
    return subprocess.run(
        [sys.executable, "-c", SERVE_AND_DIE, moment, database, serve, *said],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "trackxpert.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
