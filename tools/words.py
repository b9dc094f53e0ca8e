"""Bring locale/ into step with the words in the code: `make words`.

New words come in empty, gone ones go; whoever ran it translates what is empty and runs it again,
which compiles. `trackxpert/tests/test_languages.py` fails while something is empty or out of step.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
LANGUAGE = "sw"
DOMAINS = ("django", "djangojs")
NOT_OF_THE_PRODUCT = ("clients", "docs", "readerkit", "tools")


def catalogue(domain: str, root: Path = ROOT) -> Path:
    return root / "locale" / LANGUAGE / "LC_MESSAGES" / f"{domain}.po"


def extract(to: Path) -> None:
    """Merge the words in the code into a copy of the catalogues: `catalogue(domain, to)`."""
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.html", "*.txt", "*.js", "locale/*.po"],  # noqa: S607
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in filter(_has_words, listed.stdout.splitlines()):
        if (ROOT / name).exists():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name)
    for domain in DOMAINS:
        _run(
            [
                *(sys.executable, "-m", "django", "makemessages", "--locale", LANGUAGE),
                *("--domain", domain, "--add-location", "file", "--no-wrap", "--no-obsolete"),
            ],
            to,
        )


def _has_words(name: str) -> bool:
    parts = Path(name).parts
    is_test_or_migration = {"tests", "migrations", "vendor"} & set(parts)
    return parts[0] not in NOT_OF_THE_PRODUCT and not is_test_or_migration


def _run(command: list[str], folder: Path) -> None:
    """Without the project's settings, for in a copy of some of its files they mean nothing."""
    known = {name: said for name, said in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=known)  # noqa: S603


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        extract(Path(folder))
        for domain in DOMAINS:
            shutil.copy(catalogue(domain, Path(folder)), catalogue(domain))
            compiled = str(catalogue(domain).with_suffix(".mo"))
            _run(["msgfmt", "--check", "--output-file", compiled, str(catalogue(domain))], ROOT)


if __name__ == "__main__":
    main()
