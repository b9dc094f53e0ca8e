"""What is done to the cluster on purpose, each by name; what is frozen or cut goes on after it."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from tools.cluster.machine import DATABASES, ROOT, WEBS, Cluster, until
from tools.cluster.network import Namespaces, NotPossible

RANDOM: Final = Random()  # noqa: S311 - whom it hits is no secret
# Longer than the checks of HAProxy need to find it out.
FROZEN_SECONDS: Final = 9.0
# Longer than the lease of a primary (`ttl` in patroni.yml): another takes over meanwhile.
FROZEN_PRIMARY_SECONDS: Final = 25.0
UPGRADE: Final = "upgrade the web nodes"
# What is not done with by then is a live feed, which comes again at the other node.
DRAIN_SECONDS: Final = 5.0
EXCHANGE_SECONDS: Final = 180.0
# How long the code of before answers on the tables of after, before the first node is exchanged.
BETWEEN_SECONDS: Final = 5.0


class NothingThere(Exception):
    """Of what was to be broken nothing runs at this moment."""


class Faults:
    """`absent`: the web nodes that nobody may ask now. `latest`: what was broken last, by name."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.absent: set[str] = set()
        self.latest = "nothing"

    def all(self) -> dict[str, Callable[[], None]]:
        return {**self._everywhere(), **self._of_cables()}

    def _of_cables(self) -> dict[str, Callable[[], None]]:
        network = self.cluster.network
        if not isinstance(network, Namespaces):
            return {}
        return {
            "cut the primary's network": lambda: self.cut_database(network, self._primary()),
            "cut a replica's network": lambda: self.cut_database(network, self._replica()),
            "cut a web node's network": lambda: self.cut_web_node(network),
        }

    def _everywhere(self) -> dict[str, Callable[[], None]]:
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
            UPGRADE: self.upgrade_web_nodes,
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
        with self._away(node), _frozen([self._pid(node)]):
            time.sleep(FROZEN_SECONDS)

    def cut_database(self, network: Namespaces, node: str) -> None:
        """Patroni, etcd and PostgreSQL of that machine live on and hear nobody."""
        with network.cut(node):
            time.sleep(FROZEN_PRIMARY_SECONDS)

    def cut_web_node(self, network: Namespaces) -> None:
        """It is there again with the first word that gets through: one that is said while its cable
        comes up is lost, and TCP says it again after a second.
        """
        node = RANDOM.choice(WEBS)
        with self._away(node):
            with network.cut(node):
                time.sleep(FROZEN_SECONDS)
            until(
                lambda: self.cluster.ready(self.cluster.address(node), 8000, "/healthz"),
                seconds=EXCHANGE_SECONDS,
                what=f"{node} is not heard again",
            )

    def upgrade_web_nodes(self) -> None:
        """One after the other, as docs/operators.md has it; to the same code if there is no other.

        All of them go on with the code of before on the tables of after, then one of two.
        """
        if self.cluster.code != ROOT:
            self.cluster.manage(ROOT, "migrate", "--no-input", "--verbosity=0")
            time.sleep(BETWEEN_SECONDS)
            for node in WEBS:
                until(
                    partial(self.cluster.ready, self.cluster.address(node), 8000),
                    seconds=BETWEEN_SECONDS,
                    what=f"{node}, with the code of before, is not ready on the new tables",
                )
        for node in WEBS:
            self.cluster.give_code(node, ROOT)
            with self._away(node), self._drained(node):
                self._exchange(node)

    @contextmanager
    def _drained(self, node: str) -> Iterator[None]:
        self.cluster.ask_proxy(f"set server nodes/{node} state drain")
        try:
            with suppress(NotPossible):
                until(
                    lambda: self.cluster.seen_by_proxy(node)["scur"] == "0",
                    seconds=DRAIN_SECONDS,
                    what=f"{node} is not done",
                )
            yield
        finally:
            self.cluster.ask_proxy(f"set server nodes/{node} state ready")
        # It may be ready before the proxy has found it out, and the next one is not to go before.
        until(
            lambda: self.cluster.seen_by_proxy(node)["status"] == "UP",
            seconds=EXCHANGE_SECONDS,
            what=f"The proxy does not see {node}",
        )

    def _exchange(self, node: str) -> None:
        before = self._pid(node)
        _send(signal.SIGTERM, [before])

        def is_back() -> bool:
            with suppress(NothingThere):
                return self._pid(node) != before and self.cluster.ready(
                    self.cluster.address(node), 8000
                )
            return False

        until(is_back, seconds=EXCHANGE_SECONDS, what=f"{node} does not come back")

    @contextmanager
    def _away(self, node: str) -> Iterator[None]:
        self.absent.add(node)
        try:
            yield
        finally:
            self.absent.discard(node)

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

    def _replica(self) -> str:
        if not (members := self.cluster.members()):
            raise NothingThere
        return RANDOM.choice([node for node in sorted(members) if node != self._primary()])

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
