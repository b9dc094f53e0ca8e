"""How discipline is put in words."""


def points_in_words(number: int) -> str:
    """`1 point`, `25 points`."""
    return "1 point" if number == 1 else f"{number} points"
