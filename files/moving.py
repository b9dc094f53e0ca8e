"""Files go from one storage to another under their names, and are there all the time.

A file leaves the old storage after the new one has given it back with the same digest. So moving
can be broken off and begun again, and while it goes on, nothing is in neither.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from django.core.files.storage import Storage


@dataclass
class Moved:
    """How many files; `differ` has another content there under the same name, and stays."""

    moved: int = 0
    there_already: int = 0
    size: int = 0
    differ: list[str] = field(default_factory=list)


def move_files(*, source: Storage, target: Storage, keep: bool = False) -> Moved:
    done = Moved()
    for name in list(names_in(source)):
        is_there = target.exists(name)
        if not is_there:
            with source.open(name) as file:
                target.save(name, file)
            done.moved += 1
            done.size += source.size(name)
        if digest_in(target, name) != digest_in(source, name):
            done.differ.append(name)
            continue
        done.there_already += is_there
        if not keep:
            source.delete(name)
    return done


def names_in(storage: Storage, folder: str = "") -> Iterator[str]:
    """Every file of a storage, also in folders within folders."""
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(names):
        yield f"{folder}/{name}" if folder else name
    for each in sorted(folders):
        yield from names_in(storage, f"{folder}/{each}" if folder else each)


def digest_in(storage: Storage, name: str) -> str:
    """SHA-256 in hex, read in pieces."""
    digest = sha256()
    with storage.open(name) as file:
        for part in file.chunks():
            digest.update(part)
    return digest.hexdigest()
