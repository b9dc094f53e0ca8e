"""Text of some lines, each of which shows all that it holds."""

from people.fields import clean_line


def clean_lines(text: str) -> str:
    """Raises Django's ValidationError for what is invisible."""
    return "\n".join(clean_line(line) for line in text.splitlines())
