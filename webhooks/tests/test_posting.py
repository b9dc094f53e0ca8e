"""One POST: what goes out, what is read of the answer, and how long it may take."""

import time
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from webhooks.posting import MOST_WAIT, Unanswered, post
from webhooks.tests.receiver import DRIP, DROP, HANG, Receiver, make_certificate, running_receiver


def test_it_is_a_post_of_json_with_our_headers(receiver: Receiver) -> None:
    answer = post(receiver.url + "?key=1", b'{"a":1}', {"X-TrackXpert-Event": "test"})
    assert (answer.status, answer.text, answer.retry_after) == (200, "thanks", 0)
    [request] = receiver.requests
    assert (request["method"], request["path"]) == ("POST", "/hook?key=1")
    assert request["body"] == b'{"a":1}'
    headers = request["headers"]
    assert headers["content-type"] == "application/json"
    assert headers["x-trackxpert-event"] == "test"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"


def test_of_an_answer_the_beginning_is_read(receiver: Receiver) -> None:
    receiver.answer = "é".encode() * 1_000_000
    assert post(receiver.url, b"{}", {}).text == "é" * 500
    receiver.answer = b"a\x00b\xff"
    assert post(receiver.url, b"{}", {}).text == "ab\N{REPLACEMENT CHARACTER}"


def test_a_redirect_is_an_answer_and_not_followed(receiver: Receiver) -> None:
    receiver.script, receiver.headers = [307], {"Location": receiver.url}
    assert post(receiver.url, b"{}", {}).status == 307
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [("120", 120), ("99999", MOST_WAIT), ("9" * 5000, 0), ("-1", 0), ("soon", 0), ("٣", 0)],
)
def test_how_long_the_receiver_wants_us_to_wait(
    wait: str, seconds: int, receiver: Receiver
) -> None:
    receiver.script, receiver.headers = [503], {"Retry-After": wait.encode().decode("latin-1")}
    assert post(receiver.url, b"{}", {}).retry_after == seconds


@pytest.mark.parametrize("trouble", [HANG, DRIP])
def test_whoever_takes_too_long_is_left(
    trouble: int, receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_TIMEOUT = 1
    receiver.script = [trouble]
    began = time.monotonic()
    with pytest.raises(Unanswered, match="No answer in 1 seconds"):
        post(receiver.url, b"{}", {})
    assert time.monotonic() - began < 3


def test_a_connection_that_breaks_off_is_said_so(receiver: Receiver) -> None:
    receiver.script = [DROP]
    with pytest.raises(Unanswered, match="The connection failed: RemoteDisconnected"):
        post(receiver.url, b"{}", {})


def test_nobody_there(receiver: Receiver) -> None:
    with running_receiver() as gone:
        url = gone.url
    with pytest.raises(Unanswered, match="ConnectionRefusedError"):
        post(url, b"{}", {})
    with pytest.raises(Unanswered, match="not known"):
        post("https://nobody-knows-this.invalid/", b"{}", {})


@pytest.mark.parametrize("host", ["x" * 64 + ".example", "a..b", "xn--a.invalid", "%00"])
def test_a_name_that_cannot_be_spelt_is_said_so(host: str) -> None:
    with pytest.raises(Unanswered):
        post(f"https://{host}/", b"{}", {})


def test_tls_is_verified_by_the_name_and_not_by_the_number(
    tmp_path: Path, settings: Settings
) -> None:
    certificate, context = make_certificate(tmp_path, "DNS:localhost")
    with running_receiver(context) as receiver:
        by_name = f"https://localhost:{receiver.port}/hook"
        with pytest.raises(Unanswered, match="certificate is not believed"):
            post(by_name, b"{}", {})
        settings.WEBHOOK_CA_FILE = str(certificate)
        assert post(by_name, b"{}", {}).status == 200
        with pytest.raises(Unanswered, match="certificate is not believed"):
            post(receiver.url, b"{}", {})
    assert [request["headers"]["host"] for request in receiver.requests] == [
        f"localhost:{receiver.port}"
    ]
