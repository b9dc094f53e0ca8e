"""Where a request ends, told from its bytes as they come (RFC 9112, sections 6 and 7)."""

import re
from dataclasses import dataclass, field

MAX_BODY_BYTES = 13 * 1024 * 1024  # what is larger is refused unread, by the application

HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE)
CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")


class Malformed(Exception):
    """No frame that HTTP knows; gunicorn's parser says what is wrong with it."""


@dataclass(slots=True)
class Incoming:
    """What has come of a request, and how long it may still take.

    `head`: its length in bytes, 0 until it is complete. `body`: the length of the body if the head
    says it. `chunks`: up to where the chunks of a chunked body are known to be whole. `heard_at`:
    when something came last.
    """

    deadline: float
    received: bytearray = field(default_factory=bytearray)
    head: int = 0
    body: int = 0
    chunks: int | None = None
    reserved: int = 0
    heard_at: float = 0.0
    is_cut: bool = False
    """Whether what follows on the connection cannot be understood any more."""

    def whole(self) -> int | None:
        """The length of the first request in what has come, or None while it is not complete."""
        if not self.head and not self._read_head():
            return None
        if self.chunks is not None:
            return self._whole_chunks()
        if self.body > MAX_BODY_BYTES:
            self.is_cut = True
            return self.head
        return self.head + self.body if len(self.received) >= self.head + self.body else None

    def _read_head(self) -> bool:
        end = self.received.find(HEAD_END)
        if end < 0:
            return False
        self.head = end + len(HEAD_END)
        head = bytes(self.received[: self.head])
        if CHUNKED.search(head):
            self.chunks = self.head
        elif length := LENGTH.search(head):
            self.body = int(length[1])
        return True

    def _whole_chunks(self) -> int | None:
        while self.chunks is not None:
            if self.chunks > self.head + MAX_BODY_BYTES:
                self.is_cut = True
                return len(self.received)
            size = CHUNK_SIZE.match(self.received, self.chunks)
            if size is None:
                if self.received.find(b"\r\n", self.chunks) >= 0:
                    raise Malformed
                return None
            length = int(size[1], 16)
            if length == 0:
                return self._end_of_trailers(size.end())
            if len(self.received) < size.end() + length + 2:
                if length > MAX_BODY_BYTES:
                    raise Malformed
                return None
            self.chunks = size.end() + length + 2
        return None

    def _end_of_trailers(self, start: int) -> int | None:
        if self.received.startswith(b"\r\n", start):
            return start + 2
        end = self.received.find(HEAD_END, start)
        return end + len(HEAD_END) if end >= 0 else None

    @property
    def has_begun(self) -> bool:
        return bool(self.received)

    @property
    def expected_bytes(self) -> int:
        """Of the body: its length where it is said, else what has come of it."""
        return self.body if self.chunks is None else len(self.received) - self.head
