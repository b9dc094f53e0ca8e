"""Where the nodes are: all on loopback, each with its address, or each in a network of its own.

A node on loopback can be killed and frozen, but its cable cannot be pulled. In a namespace of the
kernel it has a cable, into a bridge of this machine; that takes root and `ip` (iproute2).
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final, Protocol, Self

# Of the last byte of the address.
NUMBERS: Final = {"DB1": 11, "DB2": 12, "DB3": 13, "WEB1": 21, "WEB2": 22, "PROXY": 5}
BRIDGE: Final = "trackxpert"
# The kernel has as many letters for the name of a cable.
CABLE: Final = "tx-{node}"
SPACE: Final = "trackxpert-{node}"
PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
# A port that nobody has refuses at once what comes through to it.
REACH: Final = (
    "import errno, socket, sys;"
    "sys.exit(socket.socket().connect_ex((sys.argv[1], 9)) != errno.ECONNREFUSED)"
)
REACH_SECONDS: Final = 3.0


class NotPossible(Exception):
    """What this machine lacks, in words."""


class Network(Protocol):
    """`addresses`: of each node, by its name in capitals as in values.env."""

    addresses: Mapping[str, str]

    def inside(self, node: str) -> tuple[str, ...]:
        """What stands before a command that is to run on that node."""
        ...


class Loopback:
    """All of 127.0.0.0/8 is this machine, without anything made for it."""

    addresses: Mapping[str, str] = {node: f"127.77.0.{n}" for node, n in NUMBERS.items()}

    def inside(self, node: str) -> tuple[str, ...]:
        return ()


class Namespaces:
    """Entered by whoever makes it and takes it away; others only name what is in it.

    The proxy stays with this machine, where people come in. The addresses are of the network that
    RFC 2544 sets aside for trials.
    """

    addresses: Mapping[str, str] = {node: f"198.18.77.{n}" for node, n in NUMBERS.items()}
    nodes: Final = tuple(node.lower() for node in NUMBERS if node != "PROXY")

    def inside(self, node: str) -> tuple[str, ...]:
        if node not in self.nodes:
            return ()
        return (_program("nsenter"), f"--net=/run/netns/{SPACE.format(node=node)}")

    def __enter__(self) -> Self:
        if self._are_in_use():
            raise NotPossible("another cluster of this machine is in the networks for it")
        self._take_away()
        try:
            _ip("link", "add", BRIDGE, "type", "bridge")
            _ip("address", "add", f"{self.addresses['PROXY']}/24", "dev", BRIDGE)
            _ip("link", "set", BRIDGE, "up")
            for node in self.nodes:
                self._make(node)
            self._reach("db1", self.addresses["DB2"])
        except BaseException:
            self._take_away()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._take_away()

    def _make(self, node: str) -> None:
        space, cable = SPACE.format(node=node), CABLE.format(node=node)
        inner = ("-n", space)
        _ip("netns", "add", space)
        _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space)
        _ip("link", "set", cable, "master", BRIDGE, "up")
        _ip(*inner, "link", "set", "lo", "up")
        _ip(*inner, "address", "add", f"{self.addresses[node.upper()]}/24", "dev", "eth0")
        _ip(*inner, "link", "set", "eth0", "up")

    def _reach(self, node: str, address: str) -> None:
        """Machines that run containers may send what crosses a bridge through their firewall."""
        command = (*self.inside(node), sys.executable, "-c", REACH, address)
        try:
            done = subprocess.run(command, timeout=REACH_SECONDS, check=False)  # noqa: S603 - ours
        except subprocess.TimeoutExpired:
            done = None
        if done is None or done.returncode:
            raise NotPossible("a firewall of this machine lets nothing through a bridge")

    def _take_away(self) -> None:
        """Of an earlier run that was killed, too. Cables would go with their spaces, but later."""
        for node in self.nodes:
            with suppress(NotPossible):
                _ip("link", "delete", CABLE.format(node=node))
            with suppress(NotPossible):
                _ip("netns", "delete", SPACE.format(node=node))
        with suppress(NotPossible):
            _ip("link", "delete", BRIDGE)

    def _are_in_use(self) -> bool:
        with suppress(NotPossible):
            return any(_ip("netns", "pids", SPACE.format(node=node)) for node in self.nodes)
        return False

    @contextmanager
    def cut(self, node: str) -> Iterator[None]:
        """With its cable pulled: what it sends and is sent comes to nothing, and nobody says so."""
        _ip("link", "set", CABLE.format(node=node), "down")
        try:
            yield
        finally:
            _ip("link", "set", CABLE.format(node=node), "up")


def _ip(*words: str) -> str:
    """Raises NotPossible with what it says."""
    command = (_program("ip"), *words)
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise NotPossible(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def _program(name: str) -> str:
    if (path := shutil.which(name, path=PATH)) is None:
        raise NotPossible(f"there is no {name} (iproute2, util-linux)")
    return path
