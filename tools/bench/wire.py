"""Requests as bytes over plain sockets: the load must cost little, it shares the server's cores.

`http.client` takes five times the processor time, a sixth of what the server takes for the tap.
Here requests are bytes already, and of a reply only its length is read.
"""

import selectors
import socket
import time
from collections.abc import Iterator

LENGTH = b"Content-Length: "
CHUNK = 256 * 1024


def post(path: str, key: str, body: bytes) -> bytes:
    """The bytes of a reader's request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Device {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Wire:
    """One connection that is kept alive, with one request on it at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0

    def close(self) -> None:
        self.socket.close()

    def send(self, request: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self, expecting: bytes) -> float:
        """Read the whole reply, which must say what is expected; how many seconds it took."""
        reply = bytearray(self._chunk())
        while (head := reply.find(b"\r\n\r\n")) < 0:
            reply += self._chunk()
        at = reply.index(LENGTH, 0, head) + len(LENGTH)
        end = head + 4 + int(reply[at : reply.index(b"\r", at)])
        while len(reply) < end:
            reply += self._chunk()
        took = time.perf_counter() - self.sent_at
        assert reply.startswith(b"HTTP/1.1 20"), bytes(reply[:1000])
        assert expecting in reply, bytes(reply[-1000:])
        return took

    def _chunk(self) -> bytes:
        chunk = self.socket.recv(CHUNK)
        assert chunk, "The server closed the connection."
        return chunk


def replies(
    port: int, requests: Iterator[bytes], *, clients: int, expecting: bytes, seconds: float
) -> tuple[float, list[float]]:
    """Send on so many connections, each as soon as it has its reply, until the time is over.

    Returns the rate per second, and how long each reply took. One thread serves all connections:
    eight threads would take turns at the interpreter.
    """
    wires = [Wire(port) for _ in range(clients)]
    took: list[float] = []
    with selectors.DefaultSelector() as selector:
        for wire in wires:
            selector.register(wire.socket, selectors.EVENT_READ, wire)
        begin = time.perf_counter()
        busy = sum(_sends_next(wire, requests) for wire in wires)
        while busy:
            for key, _ in selector.select():
                took.append(key.data.receive(expecting))
                is_over = key.data.sent_at - begin > seconds
                busy -= is_over or not _sends_next(key.data, requests)
        elapsed = time.perf_counter() - begin
    for wire in wires:
        wire.close()
    return len(took) / elapsed, took


def _sends_next(wire: Wire, requests: Iterator[bytes]) -> bool:
    request = next(requests, None)
    if request is not None:
        wire.send(request)
    return request is not None
