"""What is done to the cluster on purpose, each by name; what is only frozen goes on afterwards."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Final

from tools.cluster.machine import DATABASES, WEBS, Cluster

RANDOM: Final = Random()  # noqa: S311 - whom it hits is no secret
# Longer than the checks of HAProxy need to find it out.
FROZEN_SECONDS: Final = 9.0
# Longer than the lease of a primary (`ttl` in patroni.yml): another takes over meanwhile.
FROZEN_PRIMARY_SECONDS: Final = 25.0


class NothingThere(Exception):
    """Of what was to be broken nothing runs at this moment."""


class Faults:
    """`frozen`: the web nodes that nobody may ask now."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.frozen: set[str] = set()

    def all(self) -> dict[str, Callable[[], None]]:
        return {
            "switch over": self.switch_over,
            "kill -9 the primary": self.kill_primary,
            "kill -9 the primary and its Patroni": self.kill_primary_node,
            "freeze the primary's node": self.freeze_primary_node,
            "freeze a walsender": self.freeze_walsender,
            "freeze a web node": self.freeze_web_node,
            "kill a pgbouncer": self.kill_pooler,
            "kill an etcd": self.kill_etcd,
            "kill the proxy": self.kill_proxy,
        }

    def switch_over(self) -> None:
        primary = self._primary()
        if self.cluster.ask_patroni(primary, "POST", "/switchover", {"leader": primary}) is None:
            raise NothingThere

    def kill_primary(self) -> None:
        _send(signal.SIGKILL, [self._postmaster()])

    def kill_primary_node(self) -> None:
        primary = self._primary()
        _send(signal.SIGKILL, [self._pid(f"{primary}-patroni"), self._postmaster()])

    def freeze_primary_node(self) -> None:
        node = [self._pid(f"{self._primary()}-patroni"), self._postmaster()]
        with _frozen(node):
            time.sleep(FROZEN_PRIMARY_SECONDS)

    def freeze_walsender(self) -> None:
        senders = [pid for pid in _children(self._postmaster()) if "walsender" in _title(pid)]
        if not senders:
            raise NothingThere
        with _frozen([RANDOM.choice(senders)]):
            time.sleep(FROZEN_SECONDS)

    def freeze_web_node(self) -> None:
        node = RANDOM.choice(WEBS)
        self.frozen.add(node)
        try:
            with _frozen([self._pid(node)]):
                time.sleep(FROZEN_SECONDS)
        finally:
            self.frozen.discard(node)

    def kill_pooler(self) -> None:
        _send(signal.SIGKILL, [self._pid(f"{RANDOM.choice(WEBS)}-pgbouncer")])

    def kill_etcd(self) -> None:
        _send(signal.SIGKILL, [self._pid(f"{RANDOM.choice(DATABASES)}-etcd")])

    def kill_proxy(self) -> None:
        """There is one of it here, so nothing is reached until it is started again."""
        _send(signal.SIGKILL, [self._pid("proxy")])

    def _primary(self) -> str:
        if (primary := self.cluster.primary()) is None:
            raise NothingThere
        return primary

    def _postmaster(self) -> int:
        if (pid := self.cluster.postmaster(self._primary())) is None:
            raise NothingThere
        return pid

    def _pid(self, program: str) -> int:
        try:
            return int(
                json.loads((self.cluster.state / "run" / f"{program}.json").read_text())["pid"]
            )
        except (OSError, ValueError) as error:
            raise NothingThere from error


@contextmanager
def _frozen(heads: list[int]) -> Iterator[None]:
    """With all that they have started; what dies meanwhile is gone."""
    pids = [pid for head in heads for pid in (head, *_descendants(head))]
    _send(signal.SIGSTOP, pids)
    try:
        yield
    finally:
        _send(signal.SIGCONT, pids)


def _send(what: signal.Signals, pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, what)


def _descendants(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield child
        yield from _descendants(child)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def _title(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""
