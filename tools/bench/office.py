"""Pages of the registration office at 1,000 and at 100,000 people, as a browser asks for them."""

import re
import time
from http.client import HTTPConnection
from statistics import median
from urllib.parse import urlencode

from tools.bench.cards import CLEAR, insert_cards
from tools.bench.people import FEW, MANY, ROUNDS, SOMEBODY, name_of, print_growth
from tools.bench.stack import PASSWORD, USERNAME, connected, execute

TIMES = 15
# In 53 of a thousand names: a full page at either size, as Amani and Emmanuel are found by it.
COMMON = "mani"
STUDENTS, CARDS = "/admin/students/student/", "/admin/cards/card/"
PATHS = {
    "home": "/admin/",
    "students": STUDENTS,
    "students by class": f"{STUDENTS}?class_code=CS3",
    "students without card": f"{STUDENTS}?card=none",
    "search a number": f"{STUDENTS}?q={SOMEBODY:06}",
    "search a full name": f"{STUDENTS}?q={name_of(SOMEBODY)}",
    "search a common part": f"{STUDENTS}?q={COMMON}",
    "search nobody": f"{STUDENTS}?q=nobodyatall",
    "cards": CARDS,
    "search a card": f"{CARDS}?q=RF{SOMEBODY:09}",
    "find a name": f"/admin/find/?q={COMMON}",
    "issue to a class": "/admin/cards/issue/",
}


def run(port: int) -> None:
    execute(CLEAR)
    insert_cards(1, FEW)
    few = _measured(port)
    insert_cards(FEW + 1, MANY)
    print_growth("the office over HTTP", few, _measured(port))


def _measured(port: int) -> dict[str, float]:
    """The best median of ROUNDS for each page: the machine has other work as well."""
    # One in fifty is without a card; before every measurement, as the cards are new.
    execute("DELETE FROM cards_card WHERE right(rfid_number, 2) IN ('17', '42')")
    execute("VACUUM ANALYZE cards_card", "VACUUM ANALYZE cards_cardtally")
    with connected(port) as connection:
        cookie = _signed_in(connection)
        rounds = [
            {name: _latency_ms(connection, path, cookie) for name, path in PATHS.items()}
            for _ in range(ROUNDS)
        ]
    return {name: min(one[name] for one in rounds) for name in PATHS}


def _latency_ms(connection: HTTPConnection, path: str, cookie: str) -> float:
    samples = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookie})
        response = connection.getresponse()
        body = response.read()
        samples.append(time.perf_counter() - begin)
        assert response.status == 200, (path, response.status, body[:200])
    return median(samples) * 1000


def _signed_in(connection: HTTPConnection) -> str:
    """The cookies of a session, got by the form that people fill in."""
    connection.request("GET", "/admin/login/")
    response = connection.getresponse()
    csrf = _cookie(response.getheader("Set-Cookie", ""), "csrftoken")
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', response.read())
    assert token
    form = {"username": USERNAME, "password": PASSWORD, "csrfmiddlewaretoken": token[1].decode()}
    headers = {"Cookie": csrf, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/admin/login/?next=/admin/", urlencode(form), headers)
    response = connection.getresponse()
    response.read()
    assert response.status == 302, response.status
    cookies = ", ".join(value for name, value in response.getheaders() if name == "Set-Cookie")
    return f"{_cookie(cookies, 'csrftoken')}; {_cookie(cookies, 'sessionid')}"


def _cookie(header: str, name: str) -> str:
    found = re.search(rf"{name}=[^;]+", header)
    assert found, header
    return found[0]
