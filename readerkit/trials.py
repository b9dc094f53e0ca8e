"""What a reader has to stand: each trial makes one kind of trouble, and says what went wrong."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from readerkit.between import BATCH, Asked, Between, Event, Fate, is_recorded
from readerkit.fates import (
    at_most,
    clock_is,
    half_answered,
    id_taken,
    overtaken,
    passed,
    refused,
    reply_lost,
    sent_twice,
    unheard,
)
from readerkit.holding import Holder, ReaderIsDead

A_DAY = 86_400.0
AT_ONCE = 500
# A reader may make sure of a refusal, not ask for ever.
OFTEN = 3


@dataclass
class Bench:
    """A reader between cards and a server. `patience`: seconds until what is kept must be sent."""

    between: Between
    holder: Holder
    patience: float = 120.0
    backlog: int = 10_000
    trouble: list[str] = field(default_factory=list)

    def with_fates(self, *fates: Fate) -> None:
        self.between.fates = [*fates, passed]

    def wait(self, until: Callable[[], bool], *, seconds: float = 0) -> bool:
        end = time.monotonic() + (seconds or self.patience)
        while not until():
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True

    def answered(self, asked: Asked) -> dict[str, Any]:
        """What the server's JSON says when it has time for that; {} if it never does."""
        end = time.monotonic() + self.patience
        while True:
            answer = self.between.forward(asked)
            if answer and answer.status not in {429, 503}:
                return answer.json()
            said = answer.headers.get("Retry-After", "") if answer else ""
            wait = float(said) if said.isdigit() else 1
            if time.monotonic() + wait > end:
                return {}
            time.sleep(wait)

    def wait_for_request(self, *, after: int) -> bool:
        """About taps, one more than these."""
        return self.wait(lambda: len(self.between.asked_at) > after, seconds=45)


@dataclass(frozen=True)
class Trial:
    """`run` makes the trouble, holds cards, and returns how many taps that were."""

    name: str
    run: Callable[[Bench], int]
    needs_many: bool = False


@dataclass(frozen=True)
class Verdict:
    name: str
    reasons: tuple[str, ...]
    taps: int = 0
    left_out: str = ""

    @property
    def is_good(self) -> bool:
        return not self.reasons


def try_all(bench: Bench, trials: list[Trial]) -> Iterator[Verdict]:
    for trial in trials:
        if trial.needs_many and not bench.holder.can_hold_many:
            yield Verdict(trial.name, (), left_out="nobody holds so many cards by hand")
            continue
        yield _try(bench, trial)
    events = [*bench.between.events.values()]
    yield Verdict("no conflict is sent for ever", tuple(_sent_for_ever(events)))
    yield Verdict("each tap is in the ledger", tuple(_missing_in_ledger(bench)))


def _try(bench: Bench, trial: Trial) -> Verdict:
    between = bench.between
    began, held = time.monotonic(), 0
    reasons: list[str] = []
    try:
        held = trial.run(bench)
    except ReaderIsDead as error:
        reasons.append(f"The reader takes no cards: {error}.")
    between.is_down = False

    def own() -> list[Event]:
        return [event for event in [*between.events.values()] if event.first_sent_at >= began]

    if not reasons:
        bench.wait(lambda: sum(event.is_told or event.is_refused for event in own()) >= held)
        time.sleep(1)  # what comes too often comes now
    bench.with_fates()
    reasons += _counted(own(), held)
    reasons += _of_requests(between, began)
    return Verdict(trial.name, tuple(reasons), taps=held)


def _counted(events: list[Event], held: int) -> Iterator[str]:
    arrived = [event for event in events if is_recorded(event) or event.is_taken]
    if len(arrived) < held:
        yield f"{held - len(arrived)} of {held} taps never arrived."
    if len(arrived) > held:
        yield f"{len(arrived) - held} taps too many: some have come under two event ids."
    changed = [event for event in events if len(event.contents) > 1]
    if changed:
        yield f"{len(changed)} taps said something else when they were sent again."
    conflicts = [each for each in events if "conflict" in each.recorded and not each.is_taken]
    if conflicts:
        yield f"{len(conflicts)} event ids had been used before."
    words = Counter(word for event in events for word in event.recorded)
    others = {word for word in words if word not in {"created", "duplicate", "conflict"}}
    if others - {"429", "503"}:
        yield f"The server refused taps: {', '.join(sorted(others))}."
    yield from _sent_for_ever(events)


def _sent_for_ever(events: list[Event]) -> Iterator[str]:
    stuck = [event for event in events if event.sent_in_vain > OFTEN]
    if stuck:
        often = max(event.sent_in_vain for event in stuck)
        yield (
            f"{len(stuck)} taps were sent again, up to {often} times, after they had been answered "
            "that their id belongs to another tap (event_conflict)."
        )


def _of_requests(between: Between, began: float) -> Iterator[str]:
    if between.other_keys:
        yield f"It sent another key: {', '.join(sorted(between.other_keys))}."
        between.other_keys.clear()
    if between.web.tls_trouble:
        yield f"It does not accept the certificate of the kit: {between.web.tls_trouble}."
        between.web.tls_trouble = ""
    if between.nameless:
        yield f"{between.nameless} taps had no event id, which is needed to send them again."
        between.nameless = 0
    asked = [at for at in between.asked_at if at >= began]
    hasty = sum(
        any(told < at < told + wait - 0.2 for at in asked)
        for told, wait in between.told_to_wait
        if told >= began
    )
    if hasty:
        yield f"It did not wait as Retry-After says, {hasty} times."


def _missing_in_ledger(bench: Bench) -> Iterator[str]:
    """Send everything once more as the reader would: the ledger has to know each of it."""
    between = bench.between
    taps = [event.said for event in between.events.values() if event.is_told]
    missing = 0
    for start in range(0, len(taps), AT_ONCE):
        body = json.dumps({"taps": taps[start : start + AT_ONCE]}).encode()
        headers = {"Authorization": f"Device {between.key}", "Content-Type": "application/json"}
        asked = Asked("POST", BATCH, headers, body)
        results = bench.answered(asked).get("results", [])
        known = sum(each.get("status") == "duplicate" for each in results)
        missing += len(taps[start : start + AT_ONCE]) - known
    if missing:
        yield f"{missing} taps that were answered are not in the ledger as they were sent."


# --- the trials -----------------------------------------------------------------------------------


def _nothing_wrong(bench: Bench) -> int:
    bench.with_fates(passed)
    return bench.holder.hold(3)


def _each(*fates: Fate) -> Callable[[Bench], int]:
    """Every other request of the next ones fares like this."""

    def run(bench: Bench) -> int:
        bench.with_fates(*(each for fate in fates for each in (fate, passed)))
        return bench.holder.hold(2 * len(fates))

    return run


def _storm(*fates: Fate) -> Callable[[Bench], int]:
    """All that is asked for a while is answered like this."""

    def run(bench: Bench) -> int:
        bench.with_fates(*fates)
        return bench.holder.hold(3)

    return run


def _stopped(*fates: Fate) -> Callable[[Bench], int]:
    """The network is back, and somebody says no: the queue has to stay until that is mended."""

    def run(bench: Bench) -> int:
        between = bench.between
        between.is_down = True
        held = bench.holder.hold(3)
        for fate in fates:
            asked = len(between.asked_at)
            between.fates = [fate]
            between.is_down = False
            if not bench.wait_for_request(after=asked):
                bench.holder.look()
        time.sleep(2)
        bench.with_fates(passed)
        bench.holder.look()
        return held

    return run


def _too_much_at_once(bench: Bench) -> int:
    """What waits has to go up in pieces."""
    between = bench.between
    between.is_down = True
    held = bench.holder.hold(7)
    between.fates = [at_most(2)]
    between.is_down = False
    return held


def _ids_taken(bench: Bench) -> int:
    """A reader whose ids began again: it loses that tap, and goes on with the others."""
    bench.with_fates(id_taken)
    held = bench.holder.hold(1) + bench.holder.hold(2)
    # Another tap holds the id for good; who asks again and again for that is seen by now.
    time.sleep(5)
    return held


def _reordered(bench: Bench) -> int:
    bench.with_fates(overtaken, passed, overtaken, passed)
    held = bench.holder.hold(5)
    time.sleep(4)  # what was overtaken comes now
    return held


def _power_cut(bench: Bench) -> int:
    between = bench.between
    between.is_down = True
    held = bench.holder.hold(5)
    bench.holder.restart()
    held += bench.holder.hold(2)
    # The network is back, and the next power cut comes before the first answer.
    asked = len(between.asked_at)
    bench.with_fates(*[reply_lost] * 2)
    between.is_down = False
    bench.wait_for_request(after=asked)
    bench.holder.restart()
    return held + bench.holder.hold(1)


def _backlog(bench: Bench) -> int:
    bench.between.is_down = True
    held = bench.holder.hold(bench.backlog)
    bench.with_fates(reply_lost, passed, unheard, passed, half_answered)
    bench.between.is_down = False
    # As many seconds as five taps a second take.
    telling = sum(event.is_told for event in bench.between.events.values())

    def is_done() -> bool:
        told = sum(event.is_told for event in [*bench.between.events.values()])
        return told - telling >= held

    bench.wait(is_done, seconds=max(bench.patience, held / 5))
    return held


PORTAL = refused(200, "<html><title>Guest network: please sign in</title></html>")
ABOUT_THE_WAY = [
    refused(403, "<html>Forbidden</html>"),
    refused(411, "<html>Length Required</html>"),
    refused(415, '{"detail": "Unsupported media type.", "code": "unsupported_media_type"}'),
]
# As the server itself says it of a body that was cut on its way.
SPOILT = '{"error": "JSON parse error", "detail": "JSON parse error", "code": "parse_error"}'
TRIALS = [
    Trial("nothing is wrong", _nothing_wrong),
    Trial("requests come twice", _each(sent_twice, sent_twice)),
    Trial("answers are lost", _each(reply_lost, reply_lost, reply_lost)),
    Trial("requests are lost", _each(unheard, unheard)),
    Trial("answers are cut in the middle", _each(half_answered, half_answered)),
    Trial("requests overtake each other", _reordered),
    Trial("the server's clock jumps ahead and back", _each(clock_is(A_DAY), clock_is(-A_DAY))),
    Trial("a storm of 503", _storm(*[refused(503, '{"code": "busy"}', Retry_After="2")] * 3)),
    Trial("a storm of 429", _storm(*[refused(429, '{"code": "throttled"}', Retry_After="2")] * 3)),
    Trial("a storm of 500, 502 and 408", _storm(*map(refused, (500, 502, 408)))),
    Trial("a storm of 425", _storm(refused(425, "<html>Too Early</html>"), refused(425))),
    Trial("a guest network says 200", _storm(PORTAL, PORTAL)),
    Trial("an id that belongs to another tap", _ids_taken),
    Trial("401 for a while", _stopped(refused(401, '{"code": "authentication_failed"}'))),
    Trial("421 for a while", _stopped(refused(421, '{"code": "unknown_host"}'))),
    Trial("413 for a while", _stopped(refused(413, "<html>Request Entity Too Large</html>"))),
    Trial("403, 411 and 415 by something in between", _stopped(*ABOUT_THE_WAY)),
    Trial("a 400 that is about no tap", _stopped(refused(400, SPOILT))),
    Trial("more than two taps at once are too many", _too_much_at_once),
    Trial("two power cuts, one of them while it sends", _power_cut),
    Trial("a long queue", _backlog, needs_many=True),
]
