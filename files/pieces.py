"""What is kept in pieces, read as one stream that can be sought in."""

import io
from typing import Any


class Pieces(io.RawIOBase):
    """`size` is in bytes, of all of it."""

    size: int
    _at = 0

    def read_at(self, at: int, most: int) -> bytes:
        """From this byte on: some at least, as many as the piece has, and `most` at the most."""
        raise NotImplementedError

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Raises OSError for a place before the beginning, as a file on a disk does."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise OSError(f"There is nothing at {start + offset}.")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        if self._at >= self.size:
            return 0
        room = memoryview(buffer).cast("B")
        part = self.read_at(self._at, len(room))
        room[: len(part)] = part
        self._at += len(part)
        return len(part)
