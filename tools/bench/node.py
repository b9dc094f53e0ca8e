"""A whole node under what a school does: how many connections it has, and where its memory goes.

`python -m tools.bench node`; not part of `make bench`, for it takes minutes (NODE_SECONDS).
150 readers tap 80 times a second, streams stand open, browsers read pages and fetch reports. Prints
the most connections that the database saw, how long taps took, and, for each process of the web
server, its memory by what it is for (Linux).
"""

import os
import re
import selectors
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import cycle
from pathlib import Path
from random import Random
from statistics import median, quantiles

import psycopg2

from embedded import postgres
from tools.bench.stack import ROOT, connected, request, token_for
from tools.bench.taps_data import anybody, prepare, taps_at
from tools.bench.wire import CHUNK, Wire

READERS = 150
TAPS_PER_SECOND = 80
STREAMS = int(os.environ.get("LIVE_STREAMS_PER_USER", "6"))
BROWSERS = int(os.environ.get("NODE_BROWSERS", "4"))
SECONDS = float(os.environ.get("NODE_SECONDS", "120"))
SAMPLE_SECONDS = 0.25
# What browsers ask for, in turn; what makes large objects is among it.
PAGES = (
    "/api/students/?page_size=100",
    "/api/students/?search=juma",
    "/api/attendance/?page_size=100",
    "/api/pos/taps/?page_size=100",
    "/api/cards/?page_size=100",
    "/api/kitchen/services/?page_size=100",
    "/api/reports/attendance/?period=monthly&group_by=student",
    "/api/students/?format=csv",
    "/api/reports/attendance/?period=monthly&group_by=student&format=xlsx",
    "/api/reports/attendance/?period=weekly&format=pdf",
    "/api/schema/",
)


def run(port: int) -> None:
    gates, _ = prepare()
    token = token_for(port)
    begin = _memory()
    is_over = threading.Event()
    with ExitStack() as stack:
        streams = [stack.enter_context(closing(_stream(port, token))) for _ in range(STREAMS)]
        pool = stack.enter_context(ThreadPoolExecutor(BROWSERS + 2))
        watching = pool.submit(_watch, streams, is_over)
        connections = pool.submit(_most_connections, is_over)
        browsers = [pool.submit(_browse, port, token, n, is_over) for n in range(BROWSERS)]
        try:
            took, refused = _tap_at_a_pace(port, taps_at(gates, anybody(Random()), Random()))
        finally:
            is_over.set()
        most, states = connections.result()
        answers = sum((browser.result() for browser in browsers), Counter())
        after = _memory()
        still_open = watching.result()
    print(f"\n{READERS} readers, {TAPS_PER_SECOND} taps/s, {BROWSERS} browsers")
    print(f"{still_open} of {STREAMS} streams stand")
    print(f"at most {most} connections to the database; {states}")
    cuts = quantiles(took, n=100)
    print(
        f"{len(took):,} taps in {SECONDS:g} s: half in {median(took) * 1000:.0f} ms,"
        f" 95% in {cuts[94] * 1000:.0f} ms, 99% in {cuts[98] * 1000:.0f} ms;"
        f" {refused} told to come again"
    )
    print(f"pages, reports and exports by status: {dict(sorted(answers.items()))}")
    for pid in after:
        print(f"web process {pid}: {_megabytes(begin.get(pid, {}))}")
        print(f"  then {_megabytes(after[pid])}")


def _stream(port: int, token: str) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port), timeout=60)
    link.sendall(
        b"GET /api/live/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
        + token.encode()
        + b"\r\n\r\n"
    )
    assert link.recv(CHUNK).startswith(b"HTTP/1.1 200")
    return link


def _watch(streams: list[socket.socket], is_over: threading.Event) -> int:
    """Read on, as browsers do: who does not is cut off. How many stand at the end."""
    with selectors.DefaultSelector() as selector:
        for link in streams:
            selector.register(link, selectors.EVENT_READ, link)
        while not is_over.is_set():
            for key, _ in selector.select(SAMPLE_SECONDS):
                if not key.data.recv(CHUNK):
                    selector.unregister(key.data)
        return len(selector.get_map())


def _browse(port: int, token: str, number: int, is_over: threading.Event) -> Counter[str]:
    """A second between two pages."""
    answers: Counter[str] = Counter()
    pages = cycle(PAGES[number % len(PAGES) :] + PAGES[: number % len(PAGES)])
    while not is_over.wait(1):
        with connected(port) as link:
            path = next(pages)
            status, _ = request(link, "GET", path, token=token)
            answers[str(status) if status in {200, 503} else f"{status} {path}"] += 1
    return answers


def _most_connections(is_over: threading.Event) -> tuple[int, dict[str, int]]:
    """Of everybody but this one, at once; and what they did then."""
    most, states = 0, {}
    with closing(psycopg2.connect(postgres.database_url())) as link:
        link.autocommit = True
        with link.cursor() as cursor:
            while not is_over.wait(SAMPLE_SECONDS):
                cursor.execute(
                    "SELECT state, count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                    " AND backend_type = 'client backend' GROUP BY state"
                )
                now = {str(state): count for state, count in cursor.fetchall()}
                if sum(now.values()) > most:
                    most, states = sum(now.values()), now
    return most, states


def _tap_at_a_pace(port: int, taps: Iterator[bytes]) -> tuple[list[float], int]:
    """Each reader has a connection and one tap on it; they tap in turn."""
    took: list[float] = []
    refused = 0
    wires = [Wire(port) for _ in range(READERS)]
    free, waiting = list(wires), 0
    begin = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for wire in wires:
            selector.register(wire.socket, selectors.EVENT_READ, wire)
        sent = 0
        while (now := time.perf_counter() - begin) < SECONDS or waiting:
            while free and sent < now * TAPS_PER_SECOND and now < SECONDS:
                wire = free.pop(0)
                wire.send(next(taps))
                waiting, sent = waiting + 1, sent + 1
            for key, _ in selector.select(0.005):
                wire, waiting = key.data, waiting - 1
                try:
                    took.append(wire.receive(b'"decision":"accepted"'))
                except AssertionError:
                    refused += 1
                    selector.unregister(wire.socket)
                    wire.close()
                    wire = Wire(port)
                    selector.register(wire.socket, selectors.EVENT_READ, wire)
                free.append(wire)
        for key in list(selector.get_map().values()):
            key.data.close()
    return took, refused


# --- memory --------------------------------------------------------------------------------------

MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ (\d+) *(.*)$")
# glibc keeps what threads have asked for in heaps that begin at multiples of this.
HEAP_BYTES = 64 * 1024 * 1024
STACK_BYTES = 8 * 1024 * 1024


def _memory() -> dict[int, Counter[str]]:
    """By process of the web server: kilobytes that are in memory, by what they are for."""
    return {pid: _kilobytes(pid) for pid in _web_processes()}


def _web_processes() -> list[int]:
    """Of this checkout, but the one that starts them."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            if b"trackxpert.wsgi" in command and str(ROOT).encode() in command:
                state = (folder / "environ").read_bytes()
                if os.environ["TRACKXPERT_STATE"].encode() in state:
                    found[int(folder.name)] = int((folder / "stat").read_text().split()[3])
        except OSError:
            continue
    return sorted(pid for pid, parent in found.items() if parent in found)


def _kilobytes(pid: int) -> Counter[str]:
    sizes: Counter[str] = Counter()
    kind = ""
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if mapping := MAPPING.match(line):
            kind = _kind(int(mapping[1], 16), int(mapping[2], 16), mapping[5])
            sizes["heaps of threads, how many"] += kind == "heaps of threads"
        elif line.startswith("Rss:"):
            sizes[kind] += int(line.split()[1])
            sizes["in all"] += int(line.split()[1])
    status = Path(f"/proc/{pid}/status").read_text()
    sizes["threads, how many"] = int(status.split("Threads:")[1].split()[0])
    return sizes


def _kind(begin: int, end: int, name: str) -> str:
    if name == "[heap]":
        return "heap of the process"
    if name:
        return "programs and libraries"
    if begin % HEAP_BYTES == 0 and end - begin < HEAP_BYTES:
        return "heaps of threads"
    if STACK_BYTES - 65536 <= end - begin <= STACK_BYTES:
        return "stacks of threads"
    return "objects of Python, and large blocks"


def _megabytes(sizes: Counter[str] | dict[str, int]) -> str:
    return ", ".join(
        f"{name} {size}" if name.endswith("how many") else f"{name} {size / 1024:.0f} MB"
        for name, size in sorted(sizes.items())
    )
