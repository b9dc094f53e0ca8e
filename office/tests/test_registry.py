"""What apps bring to the office (`office.registry`)."""

import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts.roles import Capability
from office.background import BackgroundWork
from office.registry import STORES, Contribution, contributions, joined
from office.tasks import TaskFinder

FINDER = TaskFinder(Capability.ADMINISTER, lambda user: None)
PART = Contribution(views=(BackgroundWork,), tasks=(FINDER,))


def test_parts_are_joined_store_by_store_in_their_order() -> None:
    other = TaskFinder(Capability.ADMINISTER, lambda user: None)

    both = joined([PART, Contribution(tasks=(other,))])

    assert list(both.views) == [BackgroundWork]
    assert list(both.tasks) == [FINDER, other]


@pytest.mark.parametrize("again", [{"views": (BackgroundWork,)}, {"tasks": (FINDER,)}])
def test_what_is_brought_twice_is_refused(again: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfigured, match="twice"):
        joined([PART, Contribution(**again)])


def test_a_store_that_nobody_declared_is_refused() -> None:
    unknown: Any = {"widgets": ()}
    with pytest.raises(TypeError, match="widgets"):
        Contribution(**unknown)


def test_what_is_no_contribution_is_refused() -> None:
    rubbish: Any = {"views": ()}
    with pytest.raises(ImproperlyConfigured, match="no Contribution"):
        joined([rubbish])


def test_what_is_brought_does_not_depend_on_who_was_imported_before() -> None:
    """An app's registry of admins is not loaded here, and nothing is missing."""
    script = (
        "import django; from django.contrib import admin; admin.autodiscover = lambda: None;"
        "django.setup(); from office.registry import STORES, contributions;"
        "print(*(len(getattr(contributions(), store)) for store in STORES))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    here = contributions()
    assert run.stdout.split() == [str(len(getattr(here, store))) for store in STORES]
