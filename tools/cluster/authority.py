"""A private authority, and what it signs for the machines of a cluster, by `openssl`.

Each machine is called by its name (which HAProxy compares), by its address, and by that of the
proxy, which only passes on what goes to the primary.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tools.cluster.files import NODES
from tools.cluster.network import NotPossible

KEY: Final = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
# Who reads a certificate by the letter asks whether its authority may sign.
SIGNS: Final = "critical,keyCertSign,cRLSign"
DAYS_OF_AUTHORITY, DAYS_OF_MACHINE = "7300", "1825"


def make_authority(folder: Path, name: str = "ca") -> Path:
    """Its certificate; the key lies beside it."""
    certificate = folder / f"{name}.crt"
    places = ("-keyout", str(certificate.with_suffix(".key")), "-out", str(certificate))
    subject = ("-subj", f"/CN={name} of TrackXpert", "-days", DAYS_OF_AUTHORITY)
    _openssl("req", "-x509", *KEY, *places, *subject, "-addext", f"keyUsage={SIGNS}")
    return certificate


def sign(authority: Path, node: str, names: Iterable[str], folder: Path) -> None:
    """`node.crt` and `node.key` in that folder; names are such as `DNS:db1` and `IP:10.0.0.11`."""
    key, certificate = str(folder / "node.key"), str(folder / "node.crt")
    signed_by = ("-CA", str(authority), "-CAkey", str(authority.with_suffix(".key")))
    with tempfile.TemporaryDirectory() as place:
        wish, wanted = Path(place) / "wish", Path(place) / "wanted"
        wanted.write_text(f"subjectAltName = {','.join(names)}\n")
        _openssl("req", *KEY, "-keyout", key, "-out", str(wish), "-subj", f"/CN={node}")
        made = ("-in", str(wish), "-out", certificate, "-extfile", str(wanted))
        serial = ("-CAserial", str(Path(place) / "serial"), "-CAcreateserial")
        _openssl("x509", "-req", *signed_by, *serial, *made, "-days", DAYS_OF_MACHINE)


def names_of(node: str, addresses: Mapping[str, str]) -> tuple[str, ...]:
    """As `addresses` of values.env has it: by its name in capitals."""
    called = dict.fromkeys((addresses[node.upper()], addresses["PROXY"]))
    return (f"DNS:{node}", *(f"IP:{address}" for address in called))


def certify(addresses: Mapping[str, str], folder: Path, *, also: Iterable[str] = ()) -> None:
    """A folder for each machine, with what its `TLS` is to have; the authority's is made if there
    is none, and its key is for nobody's machine. `also` is what all of them are called."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = folder / "ca.crt"
    if not authority.exists():
        make_authority(folder)
    for node in NODES:
        of_node = folder / node
        of_node.mkdir(mode=0o700, exist_ok=True)
        sign(authority, node, (*names_of(node, addresses), *also), of_node)
        shutil.copyfile(authority, of_node / authority.name)


def _openssl(*words: str) -> None:
    """Raises NotPossible with what it says."""
    if (program := shutil.which("openssl")) is None:
        raise NotPossible("Certificates need openssl: apt-get install openssl")
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise NotPossible(f"openssl {words[0]}: {done.stderr.strip()}")
