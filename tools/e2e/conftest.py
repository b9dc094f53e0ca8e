"""The product as `make run` starts it, and a real Chromium that watches for trouble."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Error, Page, Response, sync_playwright

from embedded.postgres.state import make_folder
from tools.bench.stack import ROOT, running_server
from tools.described import ApiAnswer, check
from tools.e2e.browsing import CHROMIUM, QUIET
from tools.e2e.walking import first_accounts

STATES = ROOT / "var" / "e2e"
# They take minutes, mostly waiting: begun last, one of them would be waited for by all others.
LONG = frozenset({"test_a_monday.py", "test_every_page.py", "test_reader_conforms.py"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONG)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with running_server(state=state_of("demo"), with_demo=True) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def school(browser: Browser) -> Iterator[str]:
    """Set up, with nobody in it yet: each walk brings its own people."""
    state = state_of("school")
    with running_server(state=state, with_demo=False) as port:
        address = f"http://127.0.0.1:{port}"
        first_accounts(browser, address, state / "serve.log")
        yield address


def state_of(server: str) -> Path:
    """Of a server that no earlier run has changed: new, but for its tables, which are there."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    state = STATES / f"{worker}-{server}"
    shutil.rmtree(state, ignore_errors=True)
    # With its owners: the database's files may be another user's.
    subprocess.run(["cp", "-a", _migrated(), state], check=True)
    return state


def _migrated() -> Path:
    """Made once in a run: it takes a minute, and each worker starts several servers."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"alone-{os.getpid()}")
    # Another account's database must reach it, whatever the umask: only then is it copied along.
    make_folder(STATES)
    made = STATES / f"migrated-{run}"
    with (STATES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            for older in STATES.glob("migrated-*"):
                shutil.rmtree(older)
            begun = STATES / "being-migrated"
            shutil.rmtree(begun, ignore_errors=True)
            known = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
            environment = known | {"TRACKXPERT_STATE": str(begun)}
            for command in (["manage.py", "migrate", "-v0"], ["-m", "embedded.postgres", "stop"]):
                subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True)
            begun.rename(made)
    return made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "CI must install Chromium"
        pytest.skip("Chromium is missing: apt-get install chromium, or set CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(params=[1280, 390], ids=["desk", "phone"])
def page(
    request: pytest.FixtureRequest, browser: Browser, address: str, tmp_path: Path
) -> Iterator[Page]:
    """A page that fails the test on any console error, page error or request to another host.

    And on any answer of the API that is not as the schema says.
    """
    context = browser.new_context(
        viewport={"width": request.param, "height": 844}, base_url=address
    )
    page = context.new_page()
    trouble: list[str] = []
    answers: list[Response] = []
    page.on("response", lambda response: answers.append(response))
    page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request",
        lambda r: None if r.url.startswith((address, "data:")) else trouble.append(r.url),
    )
    yield page
    for response in answers:
        check(as_answer(response))
    context.close()
    assert trouble == []


def as_answer(response: Response) -> ApiAnswer:
    """A stream has no end, and the body of a page that was left is gone."""
    headers = response.headers
    is_json = headers.get("content-type", "").startswith("application/json")
    try:
        body = response.body() if is_json else None
    except Error:
        body = None
    return ApiAnswer(
        method=response.request.method,
        path=unquote(urlsplit(response.url).path),
        status=response.status,
        headers=headers,
        body=body,
    )
