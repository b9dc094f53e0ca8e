"""The documents name files that are there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
TOP = {path.name for path in ROOT.iterdir() if path.is_dir()} | {".ci"}
# In backticks, with a folder of ours in front: `cards/standing.py`, `pos/static/pos/reader/`.
PATH = re.compile(r"`((?:\.?\w+)(?:/[\w.*-]+)*/?)`")
# Made by running, named to say where to look.
MADE = ("var/",)


def named_paths(document: Path) -> Iterator[str]:
    for match in PATH.finditer(document.read_text()):
        path = match[1]
        if "/" in path and path.split("/")[0] in TOP and not path.startswith(MADE):
            yield path


def documents() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    missing = [path for path in named_paths(document) if not list(ROOT.glob(path))]
    assert missing == []


def test_a_path_that_is_not_there_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("See `cards/models.py`, `cards/no_such.py`, `/api/cards/` and `a/b`.")
    named = list(named_paths(page))
    assert named == ["cards/models.py", "cards/no_such.py"]
    assert [path for path in named if not list(ROOT.glob(path))] == ["cards/no_such.py"]


def test_the_page_of_notices_says_what_the_code_decides(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call_command("describe_notices")
    page = (ROOT / "docs" / "notices.md").read_text()
    assert page == capsys.readouterr().out, "manage.py describe_notices > docs/notices.md"


# `pos/tests/test_taps.py::test_a_rolled_key_stops`
NAMED_TEST = re.compile(r"`(\w+(?:/\w+)*\.py)::(\w+)`")


def test_every_promise_of_security_names_a_test_that_is_there() -> None:
    named = NAMED_TEST.findall((ROOT / "docs" / "security.md").read_text())
    assert len(named) > 10
    missing = [(file, name) for file, name in named if f"def {name}(" not in _text_of(file)]
    assert missing == []


def _text_of(file: str) -> str:
    return (ROOT / file).read_text() if (ROOT / file).exists() else ""
