"""What somebody uploaded, handed out so that no browser ever runs it."""

from typing import Final

# Beside a content type of ours and `nosniff`: even what opened as a page could do nothing.
HARMLESS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}
