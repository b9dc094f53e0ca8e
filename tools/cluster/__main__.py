"""`run` starts a cluster until Ctrl-C, `test` breaks one, `fill` writes the files of one node,
`certify` makes their certificates, `drill` restores a moment, `schools` measures the morning of
many."""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from embedded import supervisor
from embedded.postgres.account import server_account
from embedded.postgres.state import PostgresError, current_home, state_dir
from embedded.supervisor import StopSignals, Supervisor
from tools.cluster.authority import certify
from tools.cluster.files import NODES, MissingValue, read_values, write_files
from tools.cluster.machine import PORT, ROOT, Cluster, answers, say
from tools.cluster.moment import drill
from tools.cluster.network import Loopback, Namespaces, Network, NotPossible
from tools.cluster.shared import SharedCluster
from tools.cluster.versions import Version, earlier_version

READY_SECONDS = 600.0


def main() -> None:
    arguments = _parser().parse_args()
    try:
        arguments.work(arguments)
    except (MissingValue, NotPossible, PostgresError, supervisor.AlreadyRunningError) as error:
        sys.exit(str(error) or "A cluster runs from this folder already.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.cluster", description=__doc__)
    parser.set_defaults(work=_run, demo=True, network=Loopback, code=ROOT, tls=False, schools=0)
    commands = parser.add_subparsers()
    run = commands.add_parser("run", help="start it; Ctrl-C ends it")
    run.add_argument("--no-demo", dest="demo", action="store_false", help="an empty database")
    run.add_argument(
        "--namespaces",
        dest="network",
        action="store_const",
        const=Namespaces,
        default=Loopback,
        help="in the networks that the test has made",
    )
    run.add_argument(
        "--code", type=Path, default=ROOT, help="what the web nodes begin with, if not this"
    )
    run.add_argument(
        "--schools", type=int, default=0, help="that share it; whoever asks runs their web nodes"
    )
    _may_have_tls(run)
    run.set_defaults(work=_run)
    test = commands.add_parser("test", help="break it while readers tap, and compare")
    test.add_argument("--faults", type=int, default=20)
    test.add_argument(
        "--from",
        dest="commit",
        help="whose code the web nodes are upgraded from; else that before the last migration",
    )
    _may_have_tls(test)
    test.set_defaults(work=_test)
    schools = commands.add_parser(
        "schools", help="the morning of so many schools that share a cluster, measured"
    )
    schools.add_argument("number", type=int)
    schools.add_argument("--seconds", type=float, default=120.0)
    schools.add_argument("--switch-over", action="store_true", help="the primary, in its midst")
    schools.set_defaults(work=_schools)
    fill = commands.add_parser("fill", help="write the files of one node")
    fill.add_argument("values", type=Path)
    fill.add_argument("node", choices=NODES)
    fill.add_argument("folder", type=Path)
    fill.set_defaults(
        work=lambda told: write_files(told.node, read_values(told.values), told.folder)
    )
    sign = commands.add_parser("certify", help="an authority, and a certificate for each machine")
    sign.add_argument("values", type=Path)
    sign.add_argument("folder", type=Path)
    sign.set_defaults(work=lambda told: certify(read_values(told.values), told.folder))
    at = commands.add_parser("drill", help="restore a moment beside what runs, count, forget it")
    at.add_argument("--at", type=_instant, help="2026-11-28T07:00:00+03:00; else the latest")
    at.add_argument("--config", type=Path, default=Path("/etc/pgbackrest.conf"))
    at.set_defaults(work=_drill)
    wait = commands.add_parser("await-database")
    wait.add_argument("url")
    wait.set_defaults(work=lambda told: sys.exit(not answers(told.url)))
    return parser


def _may_have_tls(command: argparse.ArgumentParser) -> None:
    command.add_argument("--tls", action="store_true", help="between its machines")


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no offset, such as +03:00.")
    return moment


def _drill(arguments: argparse.Namespace) -> None:
    drill(arguments.at, config=arguments.config, account=server_account(current_home()))


def _run(arguments: argparse.Namespace) -> None:
    state, network = state_dir() / "cluster", arguments.network()
    cluster = (
        SharedCluster(state, False, network, number=arguments.schools)
        if arguments.schools
        else Cluster(state, arguments.demo, network, code=arguments.code, with_tls=arguments.tls)
    )
    cluster.state.mkdir(mode=0o711, parents=True, exist_ok=True)
    runs = cluster.state / "run"
    supervisor.adopt_orphans()
    supervisor.end_leftovers(cluster.state)
    with StopSignals() as signals, supervisor.claim(runs):
        say(f"Starting {', '.join(NODES)}.")
        say(f"What they say is in {cluster.state}/*.log")
        try:
            is_ready = Supervisor(
                cluster.programs(), runs, signals=signals, say=say, watch=_Preparation(cluster)
            ).run(
                is_ready=_now_and_then(cluster.is_ready),
                on_ready=lambda: _welcome(cluster),
                ready_within=READY_SECONDS,
            )
        except supervisor.StopRequested:
            is_ready = True
        finally:
            cluster.end_databases()
    if not is_ready:
        raise NotPossible(f"The cluster was not ready after {READY_SECONDS:g} s; see the logs.")
    say("Stopped.")


class _Preparation:
    """Makes the database as soon as there is a primary to make it on."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.is_over = False
        self.due_at = 0.0

    def __call__(self) -> None:
        if not self.is_over and time.monotonic() >= self.due_at:
            self.is_over = self.cluster.make_database()
            self.due_at = time.monotonic() + 1


def _now_and_then(question: Callable[[], bool], *, seconds: float = 1.0) -> Callable[[], bool]:
    due_at = 0.0

    def asked() -> bool:
        nonlocal due_at
        if time.monotonic() < due_at:
            return False
        due_at = time.monotonic() + seconds
        return question()

    return asked


def _welcome(cluster: Cluster) -> None:
    patroni = f"http://{cluster.address('db1')}:8008/cluster"
    if cluster.with_tls:
        patroni = f"--cacert {cluster.tls('db1')}/ca.crt {patroni.replace('http:', 'https:')}"
    say(
        f"\nThe cluster is ready:  {cluster.url}/\n"
        f"Who is the primary:    curl -s {patroni}\n"
        f"Past the poolers:      psql '{cluster.direct_url}'\n"
        "Ctrl-C stops all of it.\n"
    )
    if cluster.with_demo:
        say("Demo logins: admin, officer, attendance, kitchen, ...; password trackxpert-demo")


@contextmanager
def _folder_of_its_own(name: str) -> Iterator[Path]:
    """For a cluster that is another process; gone afterwards if all went well, else the logs
    tell."""
    state = state_dir() / name
    os.environ["TRACKXPERT_STATE"] = str(state)
    os.environ["DJANGO_SETTINGS_MODULE"] = "trackxpert.settings"
    folder = state / "cluster"
    if folder.exists():
        supervisor.end_leftovers(folder)
        Cluster(folder, with_demo=False, network=Loopback()).end_databases()
        shutil.rmtree(state)
    yield folder
    shutil.rmtree(state)


def _test(arguments: argparse.Namespace) -> None:
    from tools.cluster.trial import run_trial

    with _folder_of_its_own("cluster-test") as folder, ExitStack() as stack:
        network: Network = Loopback()
        try:
            network = stack.enter_context(Namespaces())
        except NotPossible as error:
            say(f"No node's network is cut: {error}.")
        code = ROOT
        try:
            before = earlier_version(arguments.commit, folder.parent / "before")
        except NotPossible as error:
            say(f"The web nodes are upgraded to the code that they have: {error}.")
        else:
            new = Version(ROOT, "this").migrations - before.migrations
            say(f"The web nodes begin with {before.name}, which lacks {len(new)} migrations.")
            code = before.folder
        cluster = Cluster(
            folder, with_demo=False, network=network, code=code, with_tls=arguments.tls
        )
        if not run_trial(cluster, faults=arguments.faults, port=PORT):
            sys.exit(1)


def _schools(arguments: argparse.Namespace) -> None:
    from tools.cluster.schools import run_morning

    with _folder_of_its_own("schools") as folder:
        cluster = SharedCluster(folder, False, Loopback(), number=arguments.number)
        if not run_morning(cluster, seconds=arguments.seconds, switch_over=arguments.switch_over):
            sys.exit(1)


if __name__ == "__main__":
    main()
