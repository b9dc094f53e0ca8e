"""`make clients`: clients made from the schema, tried unpatched on a real server.

    python -m tools.clients [python] [typescript]

They are left in `var/clients/`; see `clients/`.
"""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from tools.bench.stack import ROOT, running_server

SOURCES = ROOT / "clients"
BUILT = ROOT / "var" / "clients"
SCHEMA = BUILT / "schema.yml"
WRITE_SCHEMA = (sys.executable, "manage.py", "spectacular", "--validate", "--fail-on-warn")


def main(wanted: list[str]) -> None:
    BUILT.mkdir(parents=True, exist_ok=True)
    run(*WRITE_SCHEMA, "--file", SCHEMA)
    tries = {name: CLIENTS[name]() for name in wanted or CLIENTS}
    state = BUILT / "state"
    shutil.rmtree(state, ignore_errors=True)  # a demo that no earlier run has changed
    with running_server(state=state, with_demo=True) as port:
        for name, attempt in tries.items():
            attempt(f"http://127.0.0.1:{port}")
            sys.stdout.write(f"The {name} client works, as it is in {BUILT / name}.\n")


def make_python() -> Callable[[str], None]:
    """With the generator in an environment of its own, as whoever uses the client has one."""
    sources, built, environment = SOURCES / "python", BUILT / "python", BUILT / "environment"
    python = environment / "bin" / "python"
    if not python.exists():
        venv.create(environment, with_pip=True)
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--require-hashes", "-r", sources / "requirements.txt")
    # The generator calls ruff by name, to format what it made.
    path = f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
    generator = environment / "bin" / "openapi-python-client"
    run(
        generator,
        "generate",
        "--overwrite",
        "--fail-on-warning",
        *("--path", SCHEMA),
        *("--config", sources / "config.yml"),
        *("--output-path", built),
        PATH=path,
    )
    shutil.copy(sources / "example.py", built)
    return lambda address: run(python, built / "example.py", address, cwd=built)


def make_typescript() -> Callable[[str], None]:
    sources, built = SOURCES / "typescript", BUILT / "typescript"
    built.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json", "tsconfig.json", "example.ts"):
        shutil.copy(sources / name, built)
    run("npm", "ci", "--loglevel=error", "--no-audit", "--no-fund", cwd=built)
    tools = built / "node_modules" / ".bin"
    run(tools / "redocly", "lint", "--extends=spec", SCHEMA, cwd=built)
    run(tools / "openapi-typescript", SCHEMA, "--output", built / "schema.ts", cwd=built)
    run(tools / "tsc", "--project", built, cwd=built)
    return lambda address: run("node", built / "example.js", address, cwd=built)


CLIENTS: dict[str, Callable[[], Callable[[str], None]]] = {
    "python": make_python,
    "typescript": make_typescript,
}


def run(*command: object, cwd: Path = ROOT, **environment: str) -> None:
    """What it prints is shown if it fails."""
    done = subprocess.run(  # noqa: S603 - our own commands
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{done.stdout.decode()}\n{command[0]} failed.")


if __name__ == "__main__":
    main(sys.argv[1:])
