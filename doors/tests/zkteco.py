"""A ZKTeco terminal as the tests play one: it asks, it sends, it does what it is told."""

from dataclasses import dataclass, field
from typing import Any, cast

from django.http import HttpResponse
from django.test import Client

from cards.number_formats import NumberFormat
from doors.tests.factories import make_terminal
from pos.models import Device, Protocol

# From the maker's document: nine records, which are answered `OK: 9`.
OFFICIAL = "".join(
    f"1452\t2015-07-30 15:16:{second}\t0\t1\t0\t0\t0\n"
    for second in (28, 29, 30, 31, 32, 33, 34, 35, 36)
)
# In the field, by an MB560.
MB560 = "2\t2022-07-12 16:00:20\t1\t15\t\t0\t0\t\t\t43\n"
TEMPLATE = "SkVOVFVTSVhGSU5HRVJQUklOVE1BUktFUg" * 40


@dataclass
class ZkTerminal:
    """One that was admitted; `cookies`: of Security PUSH."""

    device: Device
    prefix: str = "/iclock/"
    client: Client = field(default_factory=Client)

    @property
    def serial_number(self) -> str:
        return self.device.serial_number

    def get(self, what: str, **query: str) -> HttpResponse:
        return cast(
            "HttpResponse",
            self.client.get(f"{self.prefix}{what}", {"SN": self.serial_number, **query}),
        )

    def post(self, what: str, body: str | bytes = b"", **query: str) -> HttpResponse:
        content = body.encode() if isinstance(body, str) else body
        answer = self.client.post(
            f"{self.prefix}{what}",
            content,
            content_type="application/push;charset=UTF-8",
            query_params={"SN": self.serial_number, **query},
        )
        return cast("HttpResponse", answer)

    def records(self, body: str | bytes) -> str:
        """What it is answered to these lines."""
        answer = self.post("cdata", body, table="ATTLOG", Stamp="9999")
        assert answer.status_code == 200, answer.content
        return answer.content.decode()

    def asks(self, **query: str) -> list[str]:
        """Its commands; none: it is answered OK."""
        answer = self.get("getrequest", **query)
        assert answer.status_code == 200, answer.content
        text = answer.content.decode()
        return [] if text == "OK" else text.splitlines()

    def does(self, *commands: str, returned: int = 0, **more: object) -> None:
        """Says so of these commands."""
        told = "".join(f"&{name}={value}" for name, value in more.items())
        body = "".join(
            f"ID={command.split(':')[1]}&Return={returned}&CMD=DATA{told}\n" for command in commands
        )
        answer = self.post("devicecmd", body)
        assert (answer.status_code, answer.content) == (200, b"OK")


def make_zkteco(protocol: Protocol = Protocol.ZKTECO, **fields: Any) -> ZkTerminal:
    defaults = {"number_format": NumberFormat.DEC_LSB, "debounce_seconds": 0}
    return ZkTerminal(make_terminal(protocol, **{**defaults, **fields})[0])


def make_access(**fields: Any) -> ZkTerminal:
    return make_zkteco(Protocol.ZKTECO_ACC, **fields)
