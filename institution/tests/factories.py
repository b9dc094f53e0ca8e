"""Settings as tests change them."""

from institution.reading import Decided, take_over
from institution.services import change_settings

CREST = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
    '<circle cx="5" cy="5" r="5" fill="#ff0000"/></svg>'
)


def decide(**texts: str) -> None:
    change_settings(texts=texts, by=None)


def another_process() -> None:
    """What follows is asked by a process that has read nothing of what was changed since."""
    take_over(Decided())
