"""Keeps a few programs running, and leaves nothing of them behind.

Each program leads a session, and so a process group, of its own: a Ctrl-C in the terminal reaches
the supervisor alone, and whatever a program has forked is ended with its group. What runs is on
record in a folder, so that the next start can end what a supervisor that was killed has left.
Nothing here knows Django.
"""

from .leftovers import AlreadyRunningError, claim, end_leftovers
from .processes import adopt_orphans, die_with_parent, reap_orphans
from .running import Program, StopRequested, StopSignals, Supervisor

__all__ = [
    "AlreadyRunningError",
    "Program",
    "StopRequested",
    "StopSignals",
    "Supervisor",
    "adopt_orphans",
    "claim",
    "die_with_parent",
    "end_leftovers",
    "reap_orphans",
]
