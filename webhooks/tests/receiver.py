"""A real receiver over HTTP or TLS that does as it is told, and webhooks that lead to it."""

import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from webhooks.models import Webhook
from webhooks.services import create_webhook

HANG = 0  # takes the request, and says nothing until the test is over
DROP = -1  # takes the request, and closes the connection
DRIP = -2  # begins an answer, and goes on with it byte after byte until the test is over


@dataclass
class Receiver:
    """Answers with the statuses of `script`, one after another, then 200."""

    script: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b"thanks"
    requests: list[dict[str, Any]] = field(default_factory=list)
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    over: threading.Event = field(default_factory=threading.Event)
    before_answer: Callable[[], object] | None = None
    port: int = 0
    url: str = ""

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(request["body"]) for request in self.requests]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def ids(self) -> list[str]:
        return [request["headers"]["x-trackxpert-delivery"] for request in self.requests]

    def take(self, handler: BaseHTTPRequestHandler) -> int:
        length = int(handler.headers.get("Content-Length", 0))
        status = self.script.pop(0) if self.script else 200
        self.requests.append(
            {
                "method": handler.command,
                "path": handler.path,
                "headers": {name.lower(): value for name, value in handler.headers.items()},
                "body": handler.rfile.read(length),
            }
        )
        self.came.release()
        if self.before_answer:
            self.before_answer()
        if status == HANG:
            self.over.wait(30)
        return status

    def drip(self, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        try:
            while not self.over.wait(0.05):
                handler.wfile.write(b"x")
                handler.wfile.flush()
        except OSError:
            return


@contextmanager
def running_receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status = receiver.take(self)
            if status == DRIP:
                receiver.drip(self)
            if status <= 0:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(receiver.answer)))
            self.end_headers()
            self.wfile.write(receiver.answer)

        do_GET = do_POST  # noqa: N815 - where a redirect would lead

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that breaks off is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    receiver.port = server.server_port
    receiver.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def make_certificate(folder: Path, names: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate that signs itself, for such as `DNS:localhost`, and a server's context."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"),
            *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=receiver"),
            *("-addext", f"subjectAltName={names}"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


def make_webhook(url: str, *events: str, **fields: Any) -> tuple[Webhook, str]:
    """With its secret; told of everything unless the events are named."""
    return create_webhook(
        by=None,
        url=url,
        events=list(events) or ["tap", "day", "incident", "card", "alert"],
        **fields,
    )
