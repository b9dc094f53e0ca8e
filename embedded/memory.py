"""How much memory a process of the web server may hold (docs/operators.md, Memory).

Where it goes was measured: into what Python keeps for objects to come, about as much as the largest
answers that its threads made at once, and into glibc's heaps, one a thread unless it is told how
many (MALLOC_ARENA_MAX). Both are kept, neither grows with time; but an application of this size has
leaks that nobody knows, so a process that has become large makes room for a new one.
"""

import os
from pathlib import Path
from random import uniform
from typing import Final

VARIABLE: Final = "WEB_MEMORY_MB"
DEFAULT_MB: Final = 400
# However low the limit: what a process grows by until it has done each kind of work once.
LEAST_GROWTH_BYTES: Final = 100 * 1024 * 1024
# How many heaps glibc has for all threads of a process; its own default is eight a core.
ARENAS: Final = "MALLOC_ARENA_MAX"
FEW_ARENAS: Final = "2"


def most_bytes() -> float:
    """From this size on the process is to be replaced; not the same for all, who would go at once.

    For ever if VARIABLE is 0, or where memory in use cannot be read.
    """
    most = float(os.environ.get(VARIABLE) or DEFAULT_MB) * 1024 * 1024
    if not most or not used_bytes():
        return float("inf")
    return max(most, used_bytes() + LEAST_GROWTH_BYTES) * uniform(1, 1.1)  # noqa: S311 - no secret


def used_bytes() -> int:
    """Of this process, in memory; 0 where the system does not say it as Linux does."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
