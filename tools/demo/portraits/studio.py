"""Many portraits at once, on every core: drawing is the only slow part of a first start."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from tools.demo.portraits import draw_portrait
from tools.demo.portraits.sitter import Kind


@dataclass(frozen=True)
class Order:
    """What `draw_portrait` is to be called with."""

    seed: int
    is_female: bool
    kind: Kind
    is_muslim: bool


def draw_all(orders: Iterable[Order]) -> Iterator[bytes]:
    """The portraits in the order of their orders.

    Fresh processes: forked ones would share the caller's database connection.
    """
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        yield from pool.map(_draw, orders, chunksize=16)


def _draw(order: Order) -> bytes:
    return draw_portrait(
        order.seed, is_female=order.is_female, kind=order.kind, is_muslim=order.is_muslim
    )
