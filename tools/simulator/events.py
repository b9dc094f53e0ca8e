"""What a reader has to tell the server, under ids that never come twice."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any


def event_ids(boot_id: str = "") -> Iterator[str]:
    """The id of this start of the reader, which is random, and a counter.

    A counter alone starts again after a flash, and then a new tap has the id of an old one.
    """
    boot_id = boot_id or secrets.token_hex(6)
    return (f"{boot_id}-{number}" for number in count(1))


@dataclass(slots=True)
class SimulatedEvent:
    """One tap in a reader's queue; the id, like all of `tap`, is made once and never again.

    `is_offline`: the gate was opened, or not, without the server. `since` is on the reader's
    monotonic clock. `is_annulled`: the reader takes it back once it is answered.
    """

    event_id: str
    tap: dict[str, Any]
    is_offline: bool = False
    since: float = 0.0
    is_annulled: bool = False

    def body(self) -> dict[str, Any]:
        return {"event_id": self.event_id, **self.tap, "offline": self.is_offline}
