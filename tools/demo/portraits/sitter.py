"""Who sits for a portrait: every choice that makes one face differ from the next."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal, TypeVar

from tools.demo.portraits.canvas import Color, mix

T = TypeVar("T", bound=str)

Kind = Literal["student", "staff", "security"]
Age = Literal["young", "grown", "old"]
Hair = Literal[
    "afro",
    "bald",
    "balding",
    "beret",
    "bob",
    "box_braids",
    "braided_bun",
    "bun",
    "buzz",
    "cap",
    "cornrows",
    "crop",
    "fade",
    "flat_top",
    "headwrap",
    "hijab",
    "kofia",
    "puff",
    "short_afro",
    "twist_out",
    "twists",
]
"""What is on the head: a style of hair, or the cloth or cap over it."""
Beard = Literal["none", "stubble", "moustache", "goatee", "beard"]
Glasses = Literal["none", "round", "square", "thin"]
Earrings = Literal["none", "stud", "hoop", "drop"]

BACKDROPS: list[Color] = [
    (226, 233, 240),
    (236, 232, 224),
    (224, 234, 229),
    (219, 230, 238),
    (233, 229, 236),
    (238, 230, 221),
]

SKINS: list[Color] = [
    (78, 50, 39),
    (88, 57, 43),
    (98, 64, 48),
    (108, 71, 53),
    (118, 78, 57),
    (128, 85, 62),
    (139, 93, 68),
    (150, 102, 75),
    (162, 113, 84),
    (173, 124, 93),
]

BLACK_HAIR: list[Color] = [(24, 19, 18), (30, 23, 21), (36, 27, 24)]
TINTED_BRAIDS: list[Color] = [(66, 28, 34), (82, 52, 34), (58, 38, 30)]
GREY_HAIR: list[Color] = [(104, 99, 96), (142, 138, 134), (74, 69, 67)]

LIPSTICKS: list[Color] = [(148, 44, 62), (160, 66, 58), (122, 44, 66), (176, 84, 82)]

HAIR: dict[tuple[Kind, bool], dict[Hair, int]] = {
    ("student", True): {
        "crop": 10,
        "afro": 9,
        "puff": 9,
        "bun": 9,
        "box_braids": 13,
        "braided_bun": 9,
        "cornrows": 9,
        "twist_out": 9,
        "bob": 5,
        "headwrap": 4,
        "hijab": 14,
    },
    ("staff", True): {
        "crop": 10,
        "afro": 5,
        "bun": 15,
        "box_braids": 9,
        "braided_bun": 10,
        "cornrows": 5,
        "twist_out": 7,
        "bob": 12,
        "headwrap": 12,
        "hijab": 15,
    },
    ("security", True): {"cap": 40, "bun": 16, "cornrows": 14, "crop": 16, "hijab": 14},
    ("student", False): {
        "buzz": 16,
        "fade": 24,
        "crop": 18,
        "short_afro": 12,
        "afro": 4,
        "twists": 8,
        "flat_top": 6,
        "cornrows": 3,
        "kofia": 6,
    },
    ("staff", False): {
        "buzz": 16,
        "fade": 10,
        "crop": 24,
        "short_afro": 8,
        "bald": 13,
        "balding": 10,
        "kofia": 11,
    },
    ("security", False): {"cap": 44, "beret": 14, "buzz": 14, "crop": 16, "fade": 12, "bald": 4},
}

# What few but Muslims wear.
COVERINGS: frozenset[Hair] = frozenset({"hijab", "kofia"})

# What an older person would rather wear.
STAIDER: dict[Hair, Hair] = {
    "box_braids": "headwrap",
    "twist_out": "bun",
    "afro": "crop",
    "fade": "buzz",
}

BEARDS: dict[Age, dict[Beard, int]] = {
    "young": {"none": 62, "stubble": 16, "moustache": 6, "goatee": 9, "beard": 7},
    "grown": {"none": 34, "stubble": 18, "moustache": 16, "goatee": 16, "beard": 16},
    "old": {"none": 36, "stubble": 12, "moustache": 22, "goatee": 14, "beard": 16},
}

AGES: dict[Kind, dict[Age, int]] = {
    "student": {"young": 1},
    "staff": {"young": 3, "grown": 6, "old": 3},
    "security": {"young": 3, "grown": 6, "old": 1},
}


@dataclass(frozen=True)
class Skin:
    base: Color
    shade: Color
    deep: Color
    light: Color
    blush: Color
    upper_lip: Color
    lower_lip: Color


@dataclass(frozen=True)
class Head:
    """Measures from the point between the eyes; widths are half widths."""

    width: float
    jaw: float
    chin: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Features:
    eye_gap: float
    eye_width: float
    eye_open: float
    eye_slant: float
    has_long_lashes: bool
    brow_lift: float
    brow_arch: float
    brow_weight: float
    nose_width: float
    nose_drop: float
    mouth_width: float
    mouth_drop: float
    lip: float
    smile: float
    is_grinning: bool


@dataclass(frozen=True)
class Sitter:
    rng: Random
    kind: Kind
    is_female: bool
    age: Age
    backdrop: Color
    skin: Skin
    head: Head
    features: Features
    hair: Hair
    hair_color: Color
    beard: Beard
    glasses: Glasses
    earrings: Earrings
    turn: float
    tilt: float
    light: Literal[-1, 1]
    """Which side the lamp stands on: -1 is the picture's left."""


def choose_sitter(
    seed: int, *, is_female: bool, kind: Kind, is_muslim: bool | None = None
) -> Sitter:
    rng = Random(f"{seed}/{is_female}/{kind}")
    age = _pick(rng, AGES[kind])
    hair = _pick(rng, _hair_weights(kind, is_female=is_female, is_muslim=is_muslim))
    if age == "old":
        hair = STAIDER.get(hair, hair)
    return Sitter(
        rng=rng,
        kind=kind,
        is_female=is_female,
        age=age,
        backdrop=rng.choice(BACKDROPS),
        skin=_skin(rng, is_female=is_female),
        head=_head(rng, is_female=is_female, age=age),
        features=_features(rng, is_female=is_female),
        hair=hair,
        hair_color=_hair_color(rng, hair, age),
        beard="none" if is_female else _pick(rng, BEARDS[age]),
        glasses=_glasses(rng, age),
        earrings=_earrings(rng, kind) if is_female and hair != "hijab" else "none",
        turn=rng.uniform(-3.5, 3.5),
        tilt=rng.uniform(-1.6, 1.6),
        light=rng.choice([-1, 1]),
    )


def _pick(rng: Random, weights: dict[T, int]) -> T:
    return rng.choices(list(weights), list(weights.values()))[0]


def _hair_weights(kind: Kind, *, is_female: bool, is_muslim: bool | None) -> dict[Hair, int]:
    weights = HAIR[kind, is_female]
    if is_muslim is None:
        return weights
    return {
        hair: weight * (1 if hair not in COVERINGS else 5 if is_muslim else 0)
        for hair, weight in weights.items()
    }


def _skin(rng: Random, *, is_female: bool) -> Skin:
    at = rng.uniform(0, len(SKINS) - 1.01)
    base = mix(SKINS[int(at)], SKINS[int(at) + 1], at % 1)
    # A little red or a little yellow, so that two people of one depth still differ.
    base = mix(base, rng.choice([(150, 66, 52), (140, 104, 52), base]), 0.09)
    shade = mix(base, (34, 10, 14), 0.36)
    lower = mix(base, (166, 74, 78), 0.40)
    upper = mix(shade, (120, 46, 56), 0.34)
    if is_female and rng.random() < 0.38:
        lipstick = rng.choice(LIPSTICKS)
        lower, upper = mix(lower, lipstick, 0.62), mix(upper, lipstick, 0.50)
    return Skin(
        base=base,
        shade=shade,
        deep=mix(base, (20, 6, 8), 0.66),
        light=mix(base, (255, 212, 168), 0.34),
        blush=mix(base, (186, 64, 52), 0.42),
        upper_lip=upper,
        lower_lip=lower,
    )


def _head(rng: Random, *, is_female: bool, age: Age) -> Head:
    width = rng.uniform(80, 90) if is_female else rng.uniform(83, 94)
    fullness = rng.random() if age == "young" else rng.uniform(0.15, 1.2)
    bottom = rng.uniform(113, 124) if is_female else rng.uniform(117, 130)
    return Head(
        width=width + 3 * fullness,
        jaw=width * ((0.71 if is_female else 0.77) + 0.09 * fullness),
        chin=width * ((0.24 if is_female else 0.30) + rng.uniform(0, 0.13)),
        top=rng.uniform(123, 133),
        bottom=bottom,
    )


def _features(rng: Random, *, is_female: bool) -> Features:
    return Features(
        eye_gap=rng.uniform(36.5, 40.5),
        eye_width=rng.uniform(17, 19.5) + (0.8 if is_female else 0),
        eye_open=rng.uniform(7.6, 10.2) + (0.8 if is_female else 0),
        eye_slant=rng.uniform(-0.6, 2.6),
        has_long_lashes=is_female and rng.random() < 0.45,
        brow_lift=rng.uniform(-2.5, 3) + (1.5 if is_female else 0),
        brow_arch=rng.uniform(3.2, 6) if is_female else rng.uniform(2.2, 5),
        brow_weight=rng.uniform(4.2, 6) if is_female else rng.uniform(6, 8.6),
        nose_width=rng.uniform(17, 23.5) if is_female else rng.uniform(19.5, 27),
        nose_drop=rng.uniform(-3.5, 2.5),
        mouth_width=rng.uniform(26, 33),
        mouth_drop=rng.uniform(-2.5, 2),
        lip=rng.uniform(0.88, 1.25) if is_female else rng.uniform(0.8, 1.15),
        smile=rng.uniform(3.4, 7.6),
        is_grinning=rng.random() < 0.28,
    )


def _hair_color(rng: Random, hair: Hair, age: Age) -> Color:
    if age == "old" and rng.random() < 0.75:
        return rng.choice(GREY_HAIR)
    if hair in {"box_braids", "braided_bun", "twist_out"} and rng.random() < 0.28:
        return rng.choice(TINTED_BRAIDS)
    return rng.choice(BLACK_HAIR)


def _glasses(rng: Random, age: Age) -> Glasses:
    share = {"young": 0.14, "grown": 0.26, "old": 0.46}[age]
    if rng.random() >= share:
        return "none"
    return _pick(rng, {"round": 3, "square": 4, "thin": 3})


def _earrings(rng: Random, kind: Kind) -> Earrings:
    if kind == "security":
        return _pick(rng, {"none": 1, "stud": 1})
    return _pick(rng, {"none": 30, "stud": 40, "hoop": 15, "drop": 15})
