"""A user's live streams, counted in all processes together."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings as project
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.signed_in import SignedIn
from accounts.tokens import issue_tokens
from live.feed import Feed
from live.leases import LEASE, renew_leases, take_lease
from live.models import StreamLease
from live.tests.test_live import _until
from privacy.housekeeping import keep_house

pytestmark = pytest.mark.django_db(transaction=True)

# Opens two streams of a user, says so, and lives on.
ANOTHER_PROCESS = textwrap.dedent(
    """
    import sys
    import django
    django.setup()
    from django.db import connection
    from accounts.models import User
    from accounts.signed_in import SignedIn
    from live.feed import feed

    connection.settings_dict["NAME"] = sys.argv[1]
    user = User.objects.get()
    who = SignedIn(user, family=user.token_families.get().pk)
    opened = [feed.subscribe(who), feed.subscribe(who)]
    print(*(each is not None for each in opened), flush=True)
    sys.stdin.read()
    """
)


@pytest.fixture
def who(make_user: Callable[..., User]) -> SignedIn:
    user = make_user("administrator")
    issue_tokens(user=user)
    return SignedIn(user, family=user.token_families.get().pk)


@pytest.fixture
def here() -> Iterator[Feed]:
    feed = Feed()
    yield feed
    for each in list(feed.subscriptions):
        feed.unsubscribe(each)
    _until(lambda: not feed.is_running)


@contextmanager
def another_process() -> "Iterator[subprocess.Popen[str]]":
    """Once it has opened its two streams; its feed lives until it is killed."""
    name = str(connection.settings_dict["NAME"])
    with subprocess.Popen(
        [sys.executable, "-c", ANOTHER_PROCESS, name],
        cwd=project.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "trackxpert.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().split() == ["True", "True"]
            yield process
        finally:
            process.kill()


@pytest.mark.product
def test_a_users_streams_count_in_all_processes_and_a_killed_one_frees_its_own(
    settings: Settings, here: Feed, who: SignedIn
) -> None:
    settings.LIVE_STREAMS_PER_USER = 3
    with another_process() as other:
        assert here.subscribe(who)
        began = time.monotonic()
        # While it lives its leases are renewed: nobody gets them, for longer than a lease lasts.
        while time.monotonic() - began < LEASE.total_seconds() + 1:
            assert here.subscribe(who) is None
        other.kill()
        _until(lambda: here.subscribe(who) is not None)
        assert here.subscribe(who)
        assert here.subscribe(who) is None


def test_a_stream_that_ends_frees_its_place_at_once(
    settings: Settings, here: Feed, who: SignedIn
) -> None:
    settings.LIVE_STREAMS_PER_USER = 1
    (one, other), elsewhere = (here.subscribe(who), here.subscribe(who)), Feed()
    assert one
    assert other is None
    assert elsewhere.subscribe(who) is None
    here.unsubscribe(one)
    _until(lambda: not StreamLease.objects.exists())
    assert here.subscribe(who)


def test_a_process_that_is_full_keeps_no_place(
    settings: Settings, here: Feed, who: SignedIn
) -> None:
    settings.LIVE_STREAMS_PER_PROCESS = 0
    assert here.subscribe(who) is None
    assert not StreamLease.objects.exists()


def test_a_stream_whose_place_somebody_took_meanwhile_ends(
    settings: Settings, here: Feed, who: SignedIn
) -> None:
    """Its process stood still for longer than a lease lasts."""
    settings.LIVE_STREAMS_PER_USER = 1
    one = here.subscribe(who)
    assert one
    StreamLease.objects.all().delete()
    assert take_lease(user=who.user, most=1)
    _until(lambda: one.is_over)


def test_a_stream_whose_place_only_lapsed_goes_on(here: Feed, who: SignedIn) -> None:
    one = here.subscribe(who)
    assert one
    before = one.lease
    StreamLease.objects.update(lapses_at=timezone.now())
    _until(lambda: one.lease != before)
    assert not one.is_over
    assert renew_leases([one.lease]) == {one.lease}


def test_what_a_killed_process_left_goes_with_housekeeping(who: SignedIn) -> None:
    take_lease(user=who.user, most=1)
    keep_house(at=timezone.now())
    assert StreamLease.objects.count() == 1
    StreamLease.objects.update(lapses_at=timezone.now())
    keep_house(at=timezone.now())
    assert not StreamLease.objects.exists()
