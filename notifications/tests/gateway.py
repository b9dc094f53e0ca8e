"""A real SMS gateway over HTTP, and a real SMTP server, that do as they are told."""

import json
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

HANG = 0  # takes the request, and says nothing until the test is over
DROP = -1  # takes the request, and closes the connection


@dataclass
class Gateway:
    """Answers with the statuses of `script`, one after another, then 200; a real one's memory."""

    script: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    over: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @property
    def texts(self) -> list[str]:
        return [json.loads(request["body"])["text"] for request in self.requests]

    @property
    def keys(self) -> list[str]:
        return [request["headers"]["idempotency-key"] for request in self.requests]

    def answer(self, handler: BaseHTTPRequestHandler) -> int:
        length = int(handler.headers.get("Content-Length", 0))
        status = self.script.pop(0) if self.script else 200
        self.requests.append(
            {
                "method": handler.command,
                "path": handler.path,
                "headers": {name.lower(): value for name, value in handler.headers.items()},
                "body": handler.rfile.read(length).decode(),
            }
        )
        self.came.release()
        if status == HANG:
            self.over.wait(30)
        return status


@contextmanager
def running_gateway() -> Iterator[Gateway]:
    gateway = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status = gateway.answer(self)
            if status <= 0:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in gateway.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - where a redirect would lead

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gateway.url = f"http://127.0.0.1:{server.server_port}/send"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield gateway
    finally:
        gateway.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Mailbox:
    """What the SMTP server took; `answers` are its replies to the data, `to` those to addresses."""

    answers: list[str] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    raw: list[bytes] = field(default_factory=list)
    port: int = 0

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, EmailMessage, policy=default) for raw in self.raw]

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.raw.append(envelope.content)
        answer = self.answers.pop(0) if self.answers else "250 Taken"
        if answer == "DROP":
            server.transport.abort()
        return answer


@contextmanager
def running_mail_server() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=_free_port())
    controller.start()
    mailbox.port = controller.port
    try:
        smtplib.SMTP("127.0.0.1", mailbox.port).quit()
        yield mailbox
    finally:
        controller.stop()


def _free_port() -> int:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.server_close()
    return server.server_port
