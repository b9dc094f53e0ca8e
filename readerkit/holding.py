"""How cards come to the reader under test: by a person, or by a program that is the reader."""

import os
import secrets
import select
import shlex
import subprocess
import time
from typing import Protocol

KNOWN_EVERY = 20


def new_card() -> str:
    """The number of a chip that nobody has."""
    return f"04{secrets.token_hex(6)}".upper()


class ReaderIsDead(Exception):
    """It takes no cards any more; `str()` says how that showed."""


class Holder(Protocol):
    """`can_hold_many`: thousands of cards are no trouble."""

    can_hold_many: bool

    def hold(self, number: int) -> int:
        """Hold so many cards, each once; how many taps that were. Raises ReaderIsDead."""

    def restart(self) -> None:
        """As by a power cut."""

    def look(self) -> None:
        """Do what a person does who sees that the reader has stopped."""

    def close(self) -> None: ...


class Person:
    can_hold_many = False

    def hold(self, number: int) -> int:
        said = input(
            f"    Hold {number} different cards to it, then Enter (other number: type it): "
        )
        return int(said) if said.strip().isdigit() else number

    def restart(self) -> None:
        input("    Take its power away, give it back, wait until it is ready, then Enter: ")

    def look(self) -> None:
        input("    If it has stopped, do what a person would do there, then Enter: ")

    def close(self) -> None:
        """Nothing is to be closed."""


class Program:
    """A program that is the reader: a line with a card's number is a card that is held to it.

    It says a line for each when it has taken it. In its command, `{address}` and `{key}` stand for
    where it sends and with which key. `known` is a card that the server knows: held now and then,
    so that nobody takes the many unknown ones for somebody who tries numbers.
    """

    can_hold_many = True

    def __init__(self, command: str, *, address: str, key: str, known: str = "") -> None:
        said = [part.format(address=address, key=key) for part in shlex.split(command)]
        self.command, self.known, self.held = said, known, 0
        self.process = self._start()

    def hold(self, number: int) -> int:
        for _ in range(number):
            self.held += 1
            is_known = self.known and self.held % KNOWN_EVERY == 0
            self._hold(self.known if is_known else new_card())
        return number

    def restart(self) -> None:
        self.close()
        self.process = self._start()

    def look(self) -> None:
        if self.process.poll() is not None:
            self.restart()

    def close(self) -> None:
        with self.process:
            self.process.kill()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )

    def _hold(self, card: str) -> None:
        assert self.process.stdin
        try:
            self.process.stdin.write(f"{card}\n".encode())
        except BrokenPipeError:
            raise ReaderIsDead("its program has ended") from None
        self._wait_for_line()

    def _wait_for_line(self) -> None:
        assert self.process.stdout
        out, end = self.process.stdout.fileno(), time.monotonic() + 30
        while time.monotonic() < end:
            if not select.select([out], [], [], 1)[0]:
                continue
            said = os.read(out, 65536)
            if b"\n" in said:
                return
            if not said:
                raise ReaderIsDead("its program has ended")
        raise ReaderIsDead("it said nothing of a card within 30 seconds")
