"""Stubble, moustaches and beards, kept inside the head's outline."""

from __future__ import annotations

from tools.demo.portraits.canvas import Canvas, Mask, Path, mirrored, mix, smooth
from tools.demo.portraits.sitter import Sitter


def draw_beard(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    color = mix(sitter.hair_color, sitter.skin.deep, 0.25)
    kind = sitter.beard
    if kind == "stubble":
        canvas.veil(_jaw(sitter), color, 0.32, blur=5, within=head)
        canvas.veil(_moustache(sitter), color, 0.32, blur=3, within=head)
    if kind == "beard":
        canvas.veil(_jaw(sitter), color, 0.92, blur=2.8, within=head)
    if kind == "goatee":
        canvas.veil(_chin(sitter), color, 0.88, blur=2.6, within=head)
    if kind in {"moustache", "goatee", "beard"}:
        canvas.veil(_moustache(sitter), color, 0.86, blur=1.8, within=head)


def _moustache(sitter: Sitter) -> Path:
    x, half = sitter.turn, sitter.features.mouth_width
    return smooth(
        [
            (x - half - 2, 80),
            (x - 17, 67),
            (x, 66),
            (x + 17, 67),
            (x + half + 2, 80),
            (x + 12, 73),
            (x - 12, 73),
        ],
        closed=True,
    )


def _jaw(sitter: Sitter) -> Path:
    """Everything below a line from the sideburns around the mouth."""
    half, w = sitter.features.mouth_width, sitter.head.width
    cheek = [
        (-w - 4, 0),
        (-0.92 * w, 4),
        (-0.87 * w, 44),
        (-0.64 * w, 68),
        (-half - 5, 73),
    ]
    line = smooth([*cheek, (-half - 6, 92), (0, 101), (half + 6, 92), *mirrored(cheek)])
    return [*line, (w + 10, 150), (-w - 10, 150)]


def _chin(sitter: Sitter) -> Path:
    x, bottom = sitter.turn, sitter.head.bottom
    return smooth(
        [
            (x - 15, 100),
            (x, 103),
            (x + 15, 100),
            (x + 20, bottom - 11),
            (x + 11, bottom + 4),
            (x - 11, bottom + 4),
            (x - 20, bottom - 11),
        ],
        closed=True,
    )
