"""Room for the interpreter, without which tests took half as much time again.

Python keeps the frames of its functions in pieces of 16 kB. Under pytest and Django a call is often
the one that needs the next piece: it is asked of the system, and given back when the call returns,
thousands of times a second. And Python looks for garbage after every 700 objects, in a process that
keeps those of ten thousand tests.
"""

import gc
from collections.abc import Callable
from typing import Any

# Slots of eight bytes, more than half a MB: Python takes a piece of a MB, of which the rest is left
# for whatever is called. What nobody writes to takes no memory.
SLOTS = 70_000
COLLECT_AFTER = 20_000, 10, 10


def in_a_large_frame(call: Callable[..., Any], **arguments: Any) -> Any:
    """What is called from here finds its frames' memory there already."""
    return call(**arguments)


in_a_large_frame.__code__ = in_a_large_frame.__code__.replace(co_stacksize=SLOTS)


def keep_what_is_there() -> None:
    """It stays until the process ends: no collection looks at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
