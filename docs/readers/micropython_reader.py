"""A reader for TrackXpert: taps are kept on flash until the server has answered each of them.

For MicroPython 1.20 or newer on a board with WLAN, and for CPython 3.8 or newer as it stands. Copy
it to the board, and call it from main.py once the network is up:

    from micropython_reader import Reader

    reader = Reader("https://school.example", "txr_...", folder="/taps")
    while True:
        number = my_antenna.read()          # "04A32B1C", or None
        if number:
            answer = reader.tap(number)     # None: nobody answered, it is kept and sent later
            my_lock.open_if(answer and answer["decision"] == "accepted")
        reader.work()                       # sends what waits; call it often

`reader.trouble` says what a person should look at, such as a key that opens nothing. Nothing that
was tapped is lost by that, by a power cut or by a network that comes and goes. A tap that the
server can never take is not sent again: it stays in refused.log until a person removes that file.

Tried on a desk, with card numbers from the keyboard:

    python3 micropython_reader.py http://127.0.0.1:8000 txr_... taps
"""

import json
import os
import socket
import sys
import time

try:
    import ssl
except ImportError:
    ssl = None

TAPS, BATCH, HEARTBEAT = "/api/pos/taps/", "/api/pos/taps/batch/", "/api/pos/heartbeat/"
FIRMWARE = "micropython_reader 1"
MOST_AT_ONCE = 50  # a server takes 500; a small board has no memory for their answers
LIVE = 2.0  # seconds that somebody waits at a gate
PATIENCE = 10.0  # seconds for an answer to what has waited already
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
ASK_AGAIN = 15.0  # seconds after which a server that refused us is asked again
HEARTBEAT_EVERY = 60.0
CLOCK_OFF = 2  # seconds; less is the way of the answer
# What a tap may say: a 400 that names none of it is about something else, and the tap is kept.
OF_A_TAP = (
    "card",
    "event_id",
    "series",
    "seq",
    "tapped_at",
    "direction",
    "offline",
    "food_item",
    "reader_decision",
)
# Some boards count seconds from 2000.
EPOCH = 946684800 if time.gmtime(0)[0] == 2000 else 0
SET = 1704067200  # a clock before 2024 has not been set


class Kept:
    """Taps on flash: a journal of lines, and how far it is done.

    A line is there when it was written whole; one that a power cut tore is passed over. Nothing is
    written anew but the place up to which all is done, and that is swapped in whole.
    """

    def __init__(self, folder):
        self.journal, self.place = folder + "/taps.log", folder + "/done"
        self.aside = folder + "/refused.log"
        make_folder(folder)
        try:
            with open(self.place) as file:
                self.done = int(file.read() or 0)
        except (OSError, ValueError):
            self.done = 0
        self.end = self._mend()
        self.waiting = sum(1 for _ in self._lines())

    def add(self, tap):
        line = (json.dumps(tap) + "\n").encode()
        with open(self.journal, "ab") as file:
            file.write(line)
            make_sure(file)
        self.end += len(line)
        self.waiting += 1

    def first(self, number):
        """So many taps that wait, the oldest first, each with the place behind it."""
        found = []
        for tap, place in self._lines():
            found.append((tap, place))
            if len(found) == number:
                break
        return found

    def finish(self, place, number):
        """What is before this place, so many taps, has been answered."""
        self.waiting -= number
        if place >= self.end and not self.waiting:
            # The place first: what is done twice is answered as a repeat, what is lost is lost.
            self._set_place(place)
            with open(self.journal, "wb"):
                pass
            self.end = place = 0
        self._set_place(place)

    def put_aside(self, tap, why):
        """For a person; before `finish`, so that a power cut writes it twice and not never."""
        with open(self.aside, "ab") as file:
            file.write((json.dumps({"tap": tap, "why": why}) + "\n").encode())
            make_sure(file)

    def has_aside(self):
        try:
            return os.stat(self.aside)[6] > 0
        except OSError:
            return False

    def _set_place(self, place):
        self.done = place
        with open(self.place + ".new", "w") as file:
            file.write(str(place))
            make_sure(file)
        os.rename(self.place + ".new", self.place)

    def _mend(self):
        """Where the journal ends, closed by a line end if a power cut has torn its last line."""
        try:
            with open(self.journal, "rb") as file:
                end = file.seek(0, 2)
                if end:
                    file.seek(end - 1)
                    is_torn = file.read(1) != b"\n"
        except OSError:
            end = 0
        if self.done > end:
            self._set_place(0)  # it was emptied, and the place not yet moved
        if end and is_torn:
            with open(self.journal, "ab") as file:
                file.write(b"\n")
            end += 1
        return end

    def _lines(self):
        try:
            file = open(self.journal, "rb")
        except OSError:
            return
        with file:
            place = file.seek(self.done)
            for line in file:
                place += len(line)
                try:
                    yield json.loads(line), place
                except ValueError:
                    continue


class Reader:
    def __init__(self, server, key, folder="taps", direction=""):
        self.server, self.key, self.direction = server.rstrip("/"), key, direction
        self.kept = Kept(folder)
        # What changes when the count starts again: no id of this start was ever used before.
        self.series = "".join("%02x" % byte for byte in os.urandom(6))
        self.seq = 0
        self.ahead = 0  # seconds that the server's clock is ahead of ours
        self.failures = 0
        self.at_once = MOST_AT_ONCE
        self.send_at = self.beat_at = seconds()
        self.refused = "refused: see " + self.kept.aside if self.kept.has_aside() else ""
        self.trouble = self.refused

    def tap(self, card):
        """Keep a tap, and ask the server at once if it can be asked; its answer, or None."""
        self.seq += 1
        tap = {
            "event_id": self.series + "-" + str(self.seq),
            "card": card,
            "seq": self.seq,
            "series": self.series,
        }
        if self.direction:
            tap["direction"] = self.direction
        if self.now() >= SET:
            tap["tapped_at"] = moment(self.now())
        self.kept.add(tap)
        if self.kept.waiting > 1 or self.failures:
            return None  # nobody waits at the gate for what is slow already
        return self._send(LIVE, is_live=True)

    def work(self):
        """Send what waits, and now and then a heartbeat. Whether taps are still waiting."""
        if self.kept.waiting and seconds() >= self.send_at:
            self._send(PATIENCE)
        if seconds() >= self.beat_at and not self.failures:
            self.beat_at = seconds() + HEARTBEAT_EVERY
            self.heartbeat()
        return self.kept.waiting > 0

    def heartbeat(self):
        """Nothing depends on it: if it is lost, the next one says the same."""
        said = {"queue_depth": self.kept.waiting, "firmware": FIRMWARE}
        said["device_time"] = moment(self.now())
        try:
            status, answer, _ = post(self.server + HEARTBEAT, self.key, said, PATIENCE)
        except OSError:
            return
        if status == 200:
            self._set_clock(answer)

    def now(self):
        return time.time() + EPOCH + self.ahead

    # --- one request ----------------------------------------------------------------------------

    def _send(self, timeout, is_live=False):
        """The answer to the last tap of those that were sent, if the server has one."""
        waiting = self.kept.first(self.at_once)
        if not waiting:
            self.kept.finish(self.kept.end, self.kept.waiting)  # torn lines only
            return None
        # A live tap alone is judged as of now; what has waited happened when it says.
        taps = [dict(tap, offline=not is_live) for tap, _ in waiting]
        is_one = len(taps) == 1
        path, said = (TAPS, taps[0]) if is_one else (BATCH, {"taps": taps})
        try:
            status, answer, wait = post(self.server + path, self.key, said, timeout)
        except OSError:
            return self._later("")
        return self._heed(waiting, status, answer, wait)

    def _heed(self, waiting, status, answer, wait):
        number = len(waiting)
        if status in (200, 201) and ("decision" in answer or "results" in answer):
            results = answer.get("results", [answer])
            if len(results) == number:
                self._settle(waiting, results)
                return results[-1]
        if status in (400, 409, 413) and number > 1:
            self.at_once = number // 2  # whatever is wrong, or its size: a smaller one finds it
            return None
        is_no_tap = status == 400 and any(name in answer for name in OF_A_TAP)
        if is_no_tap or (status == 409 and answer.get("code") == "event_conflict"):
            self._settle(waiting, [dict(answer, status="rejected")])
            return answer
        if status in (408, 425, 429) or status >= 500 or 200 <= status < 300:
            return self._later(wait)
        self.trouble = str(status) + " " + str(answer.get("detail", answer.get("message", "")))
        self.failures += 1
        self.send_at = seconds() + ASK_AGAIN
        return None

    def _settle(self, waiting, results):
        """Each has its answer; what is refused for good is kept for a person."""
        for (tap, _), result in zip(waiting, results):
            if result.get("status") in ("rejected", "conflict"):
                self.kept.put_aside(tap, result)
                self.refused = "refused: " + json.dumps(result) + ", see " + self.kept.aside
        self.kept.finish(waiting[-1][1], len(waiting))
        self.failures, self.trouble, self.send_at = 0, self.refused, seconds()
        self.at_once = min(MOST_AT_ONCE, self.at_once * 2)
        self._set_clock(results[-1])

    def _later(self, wait):
        """As long as the server says, else twice as long as the last time, and never in step."""
        pause = min(FIRST_WAIT * 2 ** min(self.failures, 9), LONGEST_WAIT)
        pause *= 0.5 + os.urandom(1)[0] / 510
        self.failures += 1
        self.send_at = seconds() + (int(wait) if wait.isdigit() else pause)

    def _set_clock(self, answer):
        """By the server's; never that of taps which wait already, for they keep what they say."""
        said = answer.get("server_time") or ""
        if said:
            ahead = unix(said) - time.time() - EPOCH
            if abs(ahead - self.ahead) > CLOCK_OFF:
                self.ahead = ahead


# --- what boards and computers do in different ways -------------------------------------------


def seconds():
    """Of a clock that nobody sets."""
    return time.ticks_ms() / 1000 if hasattr(time, "ticks_ms") else time.monotonic()


def make_folder(folder):
    try:
        os.mkdir(folder)
    except OSError:
        os.listdir(folder)  # it is there, or the trouble is worth hearing


def make_sure(file):
    """On the disk, not on the way to it."""
    file.flush()
    if hasattr(os, "fsync"):
        os.fsync(file.fileno())
    elif hasattr(os, "sync"):
        os.sync()


def moment(at):
    year, month, day, hour, minute, second = time.gmtime(int(at) - EPOCH)[:6]
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % (year, month, day, hour, minute, second)


def unix(text):
    """Of an RFC 3339 time: 2026-11-21T07:31:02.5+03:00."""
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    hour, minute, second = int(text[11:13]), int(text[14:16]), int(text[17:19])
    # Days since 1970, by a year that begins in March.
    early = month <= 2
    years, months = year - early, (month + 9) % 12
    days = years * 365 + years // 4 - years // 100 + years // 400
    days += (months * 153 + 2) // 5 + day - 719469
    at = days * 86400 + hour * 3600 + minute * 60 + second
    zone = text[-6:]
    if zone[0] in "+-":
        away = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
        at -= away if zone[0] == "+" else -away
    return at


def post(url, key, said, timeout):
    """Status, what the server's JSON said (else {}), and Retry-After. Raises OSError."""
    scheme, _, rest = url.split("/", 2)
    host, path = rest.split("/", 1)
    name, _, port = host.partition(":")
    is_tls = scheme == "https:"
    where = socket.getaddrinfo(name, int(port or (443 if is_tls else 80)), 0, socket.SOCK_STREAM)[0]
    body = json.dumps(said).encode()
    head = "POST /%s HTTP/1.0\r\nHost: %s\r\nAuthorization: Device %s\r\n" % (path, host, key)
    head += "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    line = socket.socket(where[0])
    try:
        line.settimeout(timeout)
        line.connect(where[-1])
        if is_tls:
            line = wrapped(line, name)
        stream = line.makefile("rwb") if hasattr(line, "makefile") else line
        stream.write(head.encode() + body)
        if hasattr(stream, "flush"):
            stream.flush()
        return read_answer(stream)
    finally:
        line.close()


def wrapped(line, name):
    """With the server's certificate checked; a board needs the file of its authority for that."""
    if hasattr(ssl, "create_default_context"):
        return ssl.create_default_context().wrap_socket(line, server_hostname=name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile="authority.der")
    context.verify_mode = ssl.CERT_REQUIRED
    return context.wrap_socket(line, server_hostname=name)


def read_answer(stream):
    first = stream.readline().split(None, 2)
    if len(first) < 2 or not first[1].isdigit():
        raise OSError("no answer")
    wait, length = "", None
    while True:
        line = stream.readline()
        if not line:
            raise OSError("half an answer")
        name, _, value = line.decode().partition(":")
        if not name.strip():
            break
        if name.lower() == "retry-after":
            wait = value.strip()
        if name.lower() == "content-length":
            length = int(value)
    body = stream.read() if length is None else stream.read(length)
    if length is not None and len(body) < length:
        raise OSError("half an answer")
    try:
        answer = json.loads(body)
    except ValueError:
        answer = {}
    return int(first[1]), answer if isinstance(answer, dict) else {}, wait


def main(server, key, folder="taps"):
    """Card numbers come line by line; what the server says of each goes out as one line."""
    import select

    reader = Reader(server, key, folder)
    # Without a buffer, which would hide lines from `poll`.
    keyboard = open(0, "rb", 0) if sys.implementation.name == "cpython" else sys.stdin
    hand = select.poll()
    hand.register(keyboard, select.POLLIN)
    is_open = True
    while is_open or reader.kept.waiting:
        if is_open and hand.poll(10):
            line = keyboard.readline()
            is_open = bool(line)
            card = (line if isinstance(line, str) else line.decode()).strip()
            if card:
                answer = reader.tap(card)
                print(answer["message"] if answer and "message" in answer else "kept")
        elif not is_open:
            time.sleep(0.01)
        reader.work()


if __name__ == "__main__":
    main(*sys.argv[1:])
