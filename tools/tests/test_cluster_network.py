"""The networks of the cluster's nodes, where this machine lets us make them."""

import errno
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tools.cluster import network
from tools.cluster.__main__ import _parser
from tools.cluster.network import Loopback, Namespaces, NotPossible

# Whether somebody is there: a port that nobody has refuses at once.
ASK = """
import socket, sys
with socket.socket() as link:
    link.settimeout(0.5)
    print(link.connect_ex((sys.argv[1], 9)))
"""


@pytest.fixture
def spaces() -> Iterator[Namespaces]:
    try:
        made = Namespaces().__enter__()
    except NotPossible as error:
        pytest.skip(str(error))
    yield made
    made.__exit__()


def is_reached(spaces: Namespaces, node: str, by: str) -> bool:
    command = [*spaces.inside(by), sys.executable, "-c", ASK, spaces.addresses[node.upper()]]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout) == errno.ECONNREFUSED


def test_a_node_whose_cable_is_pulled_is_gone_until_it_is_put_back(spaces: Namespaces) -> None:
    assert is_reached(spaces, "db1", by="db2")
    with spaces.cut("db1"):
        assert not is_reached(spaces, "db1", by="db2")
        assert not is_reached(spaces, "db1", by="proxy")
        assert not is_reached(spaces, "proxy", by="db1")
        assert is_reached(spaces, "db1", by="db1")
        assert is_reached(spaces, "db3", by="db2")
    assert is_reached(spaces, "db1", by="db2")


def test_nothing_of_it_is_left_and_one_cluster_has_them_at_a_time(spaces: Namespaces) -> None:
    sleeping = [*spaces.inside("web1"), sys.executable, "-c", "input()"]
    with subprocess.Popen(sleeping, stdin=subprocess.PIPE) as somebody:
        with pytest.raises(NotPossible, match="another cluster"):
            Namespaces().__enter__()
        somebody.kill()
    spaces.__exit__()
    with pytest.raises(NotPossible):
        network._ip("link", "show", network.BRIDGE)


@pytest.mark.parametrize(
    ("words", "where"), [([], Loopback), (["run"], Loopback), (["run", "--namespaces"], Namespaces)]
)
def test_a_cluster_is_on_loopback_unless_the_networks_are_made(
    words: list[str], where: type[object]
) -> None:
    assert _parser().parse_args(words).network is where


def test_without_the_means_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "PATH", "")
    with pytest.raises(NotPossible, match="there is no ip"):
        Namespaces().__enter__()
    assert Loopback().inside("db1") == ()
