"""What the server says to the database for one tap, played back by pgbench without the server."""

import json
import re
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tools.bench.measure import CLIENTS
from tools.bench.taps_data import CARD_NUMBER, FIRST, LAST, BenchReader

EVENT = "the-event-of-a-replay"
# Digits of what one client of pgbench serves, each student once: it fits into five thousand.
MEALS = (LAST - FIRST + 1) // CLIENTS
NEW_EVENT = "\\set e random(1, 1000000000000000)\n"
ANYBODY = f"\\set r random({FIRST}, {LAST})\n{NEW_EVENT}"
EACH_ONCE = f"\\set i :i + 1\n\\set r {FIRST - 1} + :client_id * {MEALS} + :i\n{NEW_EVENT}"
EACH_ONCE_OPTIONS = ("-D", "i=0", "-t", str(MEALS))


def replay_of_a_tap(reader: BenchReader) -> str:
    """The very statements of a tap, with another event each time, as of now, of student `:r`.

    They are taken from the server's own code run once in this process, so that the comparison
    stays true when that changes. pgbench puts its variables in textually, also into quotes.
    """
    _tap(reader, event="warm", student=LAST)
    with CaptureQueriesContext(connection) as said:
        answer = _tap(reader, event=EVENT, student=FIRST)
    connection.close()
    script = "".join(f"{query['sql'].strip()};\n" for query in said.captured_queries)
    script = re.sub(r"'[^']*'::timestamptz", "now()", script)
    if answer["meal"]:
        script = script.replace(f"'{answer['meal']['service_id']}'::uuid", "gen_random_uuid()")
    return script.replace(EVENT, "p:e").replace(str(FIRST), ":r")


def _tap(reader: BenchReader, *, event: str, student: int) -> Any:
    client = Client(SERVER_NAME="127.0.0.1", headers={"authorization": f"Device {reader.key}"})
    tap = {"event_id": event, "card": f"{CARD_NUMBER}{student}"}
    response = client.post("/api/pos/taps/", tap, content_type="application/json")
    answer = json.loads(response.content)
    assert answer.get("decision") == "accepted", answer
    return answer
