"""Statements are counted as in a process that has run for a while, whichever test is its first.

A process reads the rules of attendance once and keeps them (`attendance.rulebook`), as Django does
its kinds of content. A test that counts would count that, too, if no other came before it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendance.rulebook import current_book
from attendance.rules import ONE_DAY


@contextmanager
def counted_when_warm() -> Iterator[None]:
    """While this lasts, counting begins when everything that is kept has been read."""
    begin = CaptureQueriesContext.__enter__

    def enter(self: CaptureQueriesContext) -> Any:
        if connection.connection is not None:  # else it is a test without a database
            read_what_is_kept()
        return begin(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CaptureQueriesContext, "__enter__", enter)
        yield


def read_what_is_kept() -> None:
    """Kinds of content; the rules of today, and of the day before, which may last until now."""
    models = (kind.model_class() for kind in ContentType.objects.all())
    ContentType.objects.get_for_models(*filter(None, models))
    book, today = current_book(), timezone.localdate()
    book.closings_between(today - ONE_DAY, today)
    for day in (today - ONE_DAY, today):
        book.rules.absences_on(day)
