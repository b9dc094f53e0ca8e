"""Hair, in the same coordinates as the face: one function per style."""

from __future__ import annotations

from collections.abc import Callable

from tools.demo.portraits.canvas import Canvas, Mask
from tools.demo.portraits.hair.braids import (
    draw_box_braids,
    draw_box_braids_behind,
    draw_braided_bun_behind,
    draw_cornrows,
    draw_cornrows_behind,
    draw_twist_out,
    draw_twist_out_behind,
)
from tools.demo.portraits.hair.short import (
    draw_bald,
    draw_balding,
    draw_buzz,
    draw_crop,
    draw_fade,
    draw_flat_top,
    draw_under_cap,
)
from tools.demo.portraits.hair.volume import (
    draw_afro,
    draw_bob,
    draw_bob_behind,
    draw_bun_behind,
    draw_puff_behind,
    draw_short_afro,
    draw_sleek,
    draw_twists,
)
from tools.demo.portraits.sitter import Hair, Sitter

STYLES: dict[Hair, Callable[[Canvas, Sitter, Mask], None]] = {
    "afro": draw_afro,
    "bald": draw_bald,
    "balding": draw_balding,
    "beret": draw_under_cap,
    "bob": draw_bob,
    "box_braids": draw_box_braids,
    "braided_bun": draw_cornrows,
    "bun": draw_sleek,
    "buzz": draw_buzz,
    "cap": draw_under_cap,
    "cornrows": draw_cornrows,
    "crop": draw_crop,
    "fade": draw_fade,
    "flat_top": draw_flat_top,
    "kofia": draw_under_cap,
    "puff": draw_sleek,
    "short_afro": draw_short_afro,
    "twist_out": draw_twist_out,
    "twists": draw_twists,
}

BEHIND: dict[Hair, Callable[[Canvas, Sitter], None]] = {
    "bob": draw_bob_behind,
    "box_braids": draw_box_braids_behind,
    "braided_bun": draw_braided_bun_behind,
    "bun": draw_bun_behind,
    "cornrows": draw_cornrows_behind,
    "puff": draw_puff_behind,
    "twist_out": draw_twist_out_behind,
}


def draw_hair(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    """`head` is the mask of the bare head."""
    if style := STYLES.get(sitter.hair):
        style(canvas, sitter, head)


def draw_hair_behind(canvas: Canvas, sitter: Sitter) -> None:
    """What hangs or stands behind the head, and must be drawn before it."""
    if style := BEHIND.get(sitter.hair):
        style(canvas, sitter)
