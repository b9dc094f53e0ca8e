"""What became of a reader's events, for people to read."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tools.simulator.link import Reply

REASONS_SHOWN = 5


@dataclass(slots=True)
class Tally:
    made: int = 0
    answered: int = 0
    replayed: int = 0
    would_deny: int = 0
    clock_suspect: int = 0
    conflicts: int = 0
    requests: int = 0
    retries: int = 0
    waiting: int = 0
    taken_back: int = 0
    stopped: str = ""
    accepted: Counter[str] = field(default_factory=Counter)
    denied: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    @property
    def is_complete(self) -> bool:
        """Every event got a 2xx answer."""
        return self.answered == self.made and not self.stopped

    def count_answer(self, event_id: str, answer: dict[str, Any]) -> None:
        """One tap's answer, of its own or in a batch; what was decided counts once."""
        self.answered += 1
        self.replayed += bool(answer.get("replayed"))
        if event_id in self.known:
            return
        self.known.add(event_id)
        codes = self.accepted if answer.get("decision") == "accepted" else self.denied
        codes[str(answer.get("code"))] += 1
        self.would_deny += bool(answer.get("would_deny"))
        self.clock_suspect += bool(answer.get("clock_suspect"))

    def count_dropped(self, *, is_conflict: bool, reason: str) -> None:
        self.conflicts += is_conflict
        self.dropped[reason] += 1

    def lines(self) -> Iterator[str]:
        yield f"sent         {self.made} events in {self.requests} requests"
        if again := self.made - len(self.known) - self.dropped.total() - self.waiting:
            yield f"             {again} of them once more than needed"
        yield f"accepted     {self.accepted.total()}{_by_code(self.accepted)}"
        yield f"denied       {self.denied.total()}{_by_code(self.denied)}"
        yield f"duplicates   {self.replayed} answered from the ledger"
        yield f"conflicts    {self.conflicts}"
        yield f"retries      {self.retries}"
        if self.taken_back:
            yield f"taken back   {self.taken_back}"
        if self.would_deny or self.clock_suspect:
            yield (
                f"of these     {self.would_deny} would have been denied live, "
                f"{self.clock_suspect} with a clock that is not believed"
            )
        if self.seconds:
            half, most = (1000 * _percentile(self.seconds, share) for share in (0.50, 0.95))
            yield f"time         p50 {half:.0f} ms, p95 {most:.0f} ms for one request"
        for reason, times in self.dropped.most_common(REASONS_SHOWN):
            yield f"DROPPED      {times}: {reason}"
        if self.waiting:
            yield f"WAITING      {self.waiting} events are still in the queue"
        if self.stopped:
            yield f"STOPPED      {self.stopped}"


def reason_of(reply: Reply) -> str:
    """What the server said, in one line; its errors come in more than one shape."""
    return f"{reply.status}: {said(reply.body)}"


def said(body: dict[str, Any]) -> str:
    fields = body.get("errors", body)
    if message := body.get("detail"):
        return str(message)
    return "; ".join(f"{name}: {errors}" for name, errors in fields.items())[:200]


def _by_code(codes: Counter[str]) -> str:
    named = {code: times for code, times in codes.most_common() if code != "ok"}
    texts = ", ".join(f"{code} {times}" for code, times in named.items())
    return f" ({texts})" if texts else ""


def _percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
