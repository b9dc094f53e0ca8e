"""The database, the clients and the cast that every test may use."""

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, nullcontext
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import environ
import hypothesis
import pytest
from django.utils import translation
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from embedded import postgres
from embedded.private_files import OTHERS

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from accounts.models import User

IS_EMBEDDED = not os.environ.get("DATABASE_URL")
if IS_EMBEDDED:
    umask = os.umask(OTHERS)  # as manage.py makes its state: nobody else's
    postgres.ensure_running()
    os.umask(umask)

# How many examples of a property are tried; in CI always the same ones.
for profile, examples in (("gate", 25), ("deep", 400)):
    hypothesis.settings.register_profile(
        profile, max_examples=examples, deadline=None, derandomize=bool(os.environ.get("CI"))
    )
hypothesis.settings.load_profile("gate")

# Runs a function with these arguments in a thread with a connection of its own.
AtOnce = Callable[..., "Future[Any]"]
PASSWORD = "correct-horse-battery"  # noqa: S105
OWN_CLASS = "CS2024A"


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Any:
    """Whoever runs the tests, this process or a worker of it, does so with elbow-room."""
    from tools.elbow_room import in_a_large_frame

    this = sys.modules[__name__]
    run = config.pluginmanager.subset_hook_caller("pytest_cmdline_main", [this])
    return in_a_large_frame(run, config=config)


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    if IS_EMBEDDED:
        # pytest-django reads the settings first; on a first run the port is only known now.
        settings.DATABASES["default"].update(environ.Env.db_url_config(postgres.database_url()))
    # Tests throw their data away: they need not wait for the disk.
    settings.DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"
    # A slow hash protects real passwords; here it would only cost time.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    storages: Any = settings.STORAGES
    storages["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STATIC_ROOT.mkdir(mode=0o700, parents=True, exist_ok=True)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Modules of tests read settings as well."""
    decide_nothing()


def decide_nothing() -> None:
    from institution.reading import Decided, take_over

    take_over(Decided())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Locks, races and snapshots are the server's own: see `dialect` in docs/developers.md."""
    first_cases: set[str] = set()
    for item in items:
        # Of many cases of one test each sends the statements of the first, unless the test says of
        # itself, and not its file for it, that it is about the dialect.
        if any(marker.name == "dialect" for marker in item.own_markers):
            continue
        test = item.nodeid.partition("[")[0]
        if test in first_cases:
            item.add_marker("repeats")
        first_cases.add(test)
        marker = item.get_closest_marker("django_db")
        is_transactional = marker and marker.kwargs.get("transaction")
        if is_transactional and not item.get_closest_marker("product"):
            item.add_marker("dialect")


def pytest_collection_finish(session: pytest.Session) -> None:
    from tools.elbow_room import keep_what_is_there

    keep_what_is_there()


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last process out stops the database."""
    gc.unfreeze()  # some libraries tell of what is left when a process ends
    if IS_EMBEDDED:
        postgres.stop_if_unused()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """In place of pytest-django's, which migrates for each run and each worker."""
    from django.conf import settings

    from tools.template_database import copied_database

    database = settings.DATABASES["default"]
    kept_as = database["TEST"]["NAME"] or f"test_{database['NAME']}" if django_db_keepdb else ""
    with ExitStack() as stack:
        with django_db_blocker.unblock():
            stack.enter_context(copied_database(kept_as=kept_as, anew=django_db_createdb))
        yield


@pytest.fixture(scope="session", autouse=True)
def _answers_as_described() -> Iterator[None]:
    """No test of the API can pass on an answer that the schema does not describe."""
    from tools.described import every_answer_checked

    with every_answer_checked():
        yield


@pytest.fixture(scope="session", autouse=True)
def _counted_when_warm() -> Iterator[None]:
    """A test that counts statements finds the same number alone and after others."""
    from tools.counting import counted_when_warm

    with counted_when_warm():
        yield


@pytest.fixture(scope="session", autouse=True)
def _emptied_by_rows() -> Iterator[None]:
    """Only the embedded server has a superuser that we know; elsewhere Django truncates."""
    from tools.emptying import emptied_by_rows

    with emptied_by_rows() if IS_EMBEDDED else nullcontext():
        yield


@pytest.fixture(autouse=True)
def _media_in_a_folder_of_its_own(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Made by who writes there: pytest looks through all folders for the number of the next one."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / f"media-{uuid4().hex}"


@pytest.fixture(autouse=True)
def _nothing_decided() -> None:
    """Settings are the defaults, which no test has to ask the database for."""
    decide_nothing()


@pytest.fixture(autouse=True)
def _as_a_new_thread_speaks() -> None:
    """Whoever asks for a page in Swahili leaves the thread speaking it."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def _first_rules(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests with real connections empty every table, also of what migrations wrote."""
    if "transactional_db" not in request.fixturenames and not _is_transactional(request):
        yield
        return
    request.getfixturevalue("transactional_db")
    from attendance.tests.factories import make_first_rules
    from core.waits import begin
    from embedded.work import Work

    make_first_rules()
    yield
    begin(Work.BACKGROUND)  # what was asked last may be what waits for two seconds only
    for thread in threading.enumerate():
        if thread.name == "live-feed":  # it asks the database until its last stream is gone
            thread.join()


def _is_transactional(request: pytest.FixtureRequest) -> bool:
    marker = request.node.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction"))


@pytest.fixture
def make_user(db: None) -> "Callable[..., User]":
    """`make_user("kitchen_admin")`: a new administrator with this role and PASSWORD.

    A class teacher has OWN_CLASS.
    """
    from accounts.models import User

    def make(role: str, username: str = "", **fields: object) -> User:
        if role == "class_teacher":
            fields = {"classes": [OWN_CLASS], **fields}
        return User.objects.create_user(username or role, PASSWORD, role=role, **fields)

    return make


@pytest.fixture
def caller(make_user: "Callable[..., User]") -> "Callable[[str], APIClient]":
    """`caller("registration_officer")`: a client that carries that role's token."""
    from rest_framework.test import APIClient

    from accounts.models import User
    from accounts.tokens import issue_tokens

    def client_for(role: str) -> APIClient:
        user = User.objects.filter(username=role).first() or make_user(role)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_tokens(user=user)['access']}")
        return client

    return client_for


@pytest.fixture
def administrator(caller: "Callable[[str], APIClient]") -> "APIClient":
    return caller("administrator")


@pytest.fixture
def officer(caller: "Callable[[str], APIClient]") -> "APIClient":
    return caller("registration_officer")


@pytest.fixture
def anybody() -> "APIClient":
    from rest_framework.test import APIClient

    return APIClient()


@pytest.fixture
def at_once() -> Iterator[AtOnce]:
    """`at_once(function, *arguments)`: what comes of it is waited for by whoever asked."""
    from django.db import connection

    with ThreadPoolExecutor(4) as threads:

        def start(function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
            def run() -> Any:
                with closing(connection):
                    return function(*arguments)

            return threads.submit(run)

        yield start
