"""The files of `deploy/cluster/`, with the values that stand between @ signs in them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[2] / "deploy" / "cluster"
VALUE: Final = re.compile(r"@([A-Z][A-Z0-9_]*)@")
# A line that begins so is there only where `TLS` names a folder.
WITH_TLS: Final = re.compile(r"^@WITH_TLS@(.*\n)", re.MULTILINE)
# What each kind of node has.
ARCHIVE: Final = ("pgbackrest.conf", "trackxpert-archive.service", "trackxpert-archive.timer")
DATABASE: Final = ("etcd.yml", "patroni.yml", "database.sql", *ARCHIVE)
WEB: Final = ("pgbouncer.ini", "userlist.txt", "trackxpert.env")
PROXY: Final = ("haproxy.cfg", "schools.map", "503.http", "keepalived.conf")
NODES: Final = {
    **dict.fromkeys(("db1", "db2", "db3"), DATABASE),
    **dict.fromkeys(("web1", "web2"), WEB),
    "proxy": PROXY,
}


class MissingValue(Exception):
    """A file asks for something that nobody has said."""


def read_values(file: Path) -> dict[str, str]:
    """`NAME=value`, a line each; what is empty is not said."""
    lines = (line.strip() for line in file.read_text().splitlines())
    said = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name: value for name, value in said if value}


def filled(text: str, values: Mapping[str, str]) -> str:
    values = {**values, **words_of_tls(values.get("TLS"))}
    text = WITH_TLS.sub(r"\1" if values.get("TLS") else "", text)
    missing = sorted({name for name in VALUE.findall(text) if name not in values})
    if missing:
        raise MissingValue(f"Nobody has said {', '.join(missing)}: see values.env.")
    return VALUE.sub(lambda found: values[found[1]], text)


def words_of_tls(folder: str | None) -> dict[str, str]:
    """What stands in a line that is there with TLS and without it."""
    if not folder:
        return {"HTTP": "http", "HOST": "host", "DATABASE_TLS": ""}
    asked = f"?sslmode=verify-full&sslrootcert={folder}/ca.crt"
    return {"HTTP": "https", "HOST": "hostssl", "DATABASE_TLS": asked}


def write_files(node: str, values: Mapping[str, str], folder: Path) -> None:
    """All files of this node; passwords are in them, so nobody else reads them."""
    of_node = {**values, "NODE": node, "ADDRESS": values[node.upper()]}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in NODES[node]:
        file = folder / name
        file.touch(mode=0o600)
        # As bytes, for HTTP ends its lines with both.
        file.write_bytes(filled((FOLDER / name).read_bytes().decode(), of_node).encode())
