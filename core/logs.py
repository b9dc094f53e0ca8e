"""What the log says, and how much of it."""

from logging import Filter, LogRecord


class WithoutTraceback(Filter):
    """One line for what was refused: where in Django that was, nobody need know."""

    def filter(self, record: LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True
