"""A card reader that types, as it comes through a keyboard of another country: key and place."""

from itertools import pairwise

from playwright.sync_api import Page

# What the keys of the digits, unshifted, are on a French keyboard.
FRENCH_DIGITS = "à&é\"'(-è_ç"
# And its letters that stand elsewhere than on an American one.
FRENCH_LETTERS = {"A": "Q", "Q": "A", "W": "Z", "Z": "W"}


def type_in_french(page: Page, number: str) -> None:
    """The keys of an American reader for this number and Enter, at a machine set to French."""
    session = page.context.new_cdp_session(page)
    for character in number:
        if character.isdigit():
            key, code = FRENCH_DIGITS[int(character)], f"Digit{character}"
        else:
            key, code = FRENCH_LETTERS.get(character, character), f"Key{character}"
        said = {"key": key, "code": code}
        session.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": key, **said})
        session.send("Input.dispatchKeyEvent", {"type": "keyUp", **said})
    session.detach()
    page.keyboard.press("Enter")


def type_with_pauses(page: Page, *parts: str, pause: int) -> None:
    """The keys of a number in parts, so many milliseconds between them, and Enter."""
    page.keyboard.type(parts[0], delay=4)
    for _, part in pairwise(parts):
        page.wait_for_timeout(pause)
        page.keyboard.type(part, delay=4)
    page.keyboard.press("Enter")
