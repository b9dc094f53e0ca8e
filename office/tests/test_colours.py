"""The dark colours stand twice in the style sheet, which has no way to say them once."""

import re
from pathlib import Path

TOKENS = Path(__file__).parents[1] / "static" / "office" / "tokens.css"


def test_dark_is_the_same_by_choice_and_by_the_system() -> None:
    by_system, by_choice = re.findall(r"{([^{}]*color-scheme: dark;[^{}]*)}", TOKENS.read_text())
    assert by_system == by_choice
