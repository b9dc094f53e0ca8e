"""Debian's mosquitto as docs/operators.md sets it up, and readers that speak to it."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from json import dumps, loads
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from pos.models import Device
from pos.mqtt.bridge import Bridge
from pos.mqtt.broker import broker_at
from pos.tests.factories import make_reader
from tools.bench.stack import free_port

PATIENCE = 60.0
BRIDGE, PASSWORD = "trackxpert", "p:ss/w@rd%41"
ESCAPED = "p%3Ass%2Fw%40rd%2541"
ACCESS = f"""
user {BRIDGE}
topic read trackxpert/+/tap
topic write trackxpert/+/answer

pattern write trackxpert/%u/tap
pattern read trackxpert/%u/answer
"""


def program(name: str) -> str:
    """Its path; where it is missing the test is skipped, but never on the gate."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if found is None:
        assert not os.environ.get("CI"), f"{name} is missing"
        pytest.skip(f"{name} is missing: apt-get install mosquitto openssl")
    return found


class Mosquitto:
    """A broker on a free port, which can be killed and comes back with what it had saved."""

    def __init__(self, folder: Path, *, extra: str = "") -> None:
        self.folder, self.port = folder, free_port()
        self.passwords = folder / "passwords"
        self.passwords.touch(0o600)
        self.admit(BRIDGE)
        (folder / "access").write_text(ACCESS)
        (folder / "access").chmod(0o600)
        (folder / "mosquitto.conf").write_text(self._settings(extra))
        self.process: subprocess.Popen[bytes] | None = None

    def _settings(self, extra: str) -> str:
        # It gives root's rights up by itself, and with them those to pytest's folders.
        user = "user root\n" if os.geteuid() == 0 else ""
        return f"""{user}listener {self.port} 127.0.0.1
            allow_anonymous false
            password_file {self.passwords}
            acl_file {self.folder}/access
            persistence true
            persistence_location {self.folder}/
            autosave_on_changes true
            autosave_interval 1
            {extra}
        """

    @property
    def url(self) -> str:
        return f"mqtt://{BRIDGE}:{ESCAPED}@127.0.0.1:{self.port}"

    def admit(self, username: str) -> None:
        command = [program("mosquitto_passwd"), "-b", str(self.passwords), username, PASSWORD]
        subprocess.run(command, check=True, capture_output=True)

    def start(self) -> None:
        log = (self.folder / "log").open("ab")
        command = [program("mosquitto"), "-c", str(self.folder / "mosquitto.conf")]
        with log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while not self._listens():
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def save(self) -> None:
        """Have it write its state to the disk, and wait for that."""
        assert self.process is not None
        saved = self.folder / "mosquitto.db"
        saved.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + PATIENCE
        while not saved.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def running_broker(folder: Path, *, extra: str = "") -> Iterator[Mosquitto]:
    broker = Mosquitto(folder, extra=extra)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()


@contextmanager
def running_bridge(url: str, **options: Any) -> Iterator[Bridge]:
    """It turns when `until` is called, in the test's own thread and transaction."""
    bridge = Bridge(broker_at(url), client_id=BRIDGE, **options)
    try:
        yield bridge
    finally:
        bridge.close()


def until(bridge: Bridge, happened: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        bridge.turn()


class MqttReader:
    """A reader's firmware in short: it keeps its session, and what it could not send."""

    def __init__(self, broker: Mosquitto, pos_id: str) -> None:
        self.pos_id = pos_id
        self.answers: SimpleQueue[Any] = SimpleQueue()
        broker.admit(pos_id)
        assert broker.process is not None
        broker.process.send_signal(signal.SIGHUP)  # reads the passwords again
        client = Client(CallbackAPIVersion.VERSION2, client_id=pos_id, clean_session=False)
        client.username_pw_set(pos_id, PASSWORD)
        client.reconnect_delay_set(min_delay=1, max_delay=1)
        client.on_connect = self._subscribe
        client.on_message = self._keep
        listens = threading.Event()
        client.on_subscribe = lambda *_: listens.set()
        client.connect_async("127.0.0.1", broker.port)
        client.loop_start()
        self.client = client
        # An answer to whoever does not listen yet is kept for nobody.
        assert listens.wait(PATIENCE)

    def _subscribe(self, client: Client, *_: Any) -> None:
        client.subscribe(f"trackxpert/{self.pos_id}/answer", qos=1)

    def _keep(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        assert message.topic == f"trackxpert/{self.pos_id}/answer"
        self.answers.put(loads(message.payload))

    def send(self, said: Any, *, as_reader: str = "") -> None:
        payload = said if isinstance(said, bytes) else dumps(said)
        self.client.publish(f"trackxpert/{as_reader or self.pos_id}/tap", payload, qos=1)

    def next_answer(self, bridge: Bridge) -> Any:
        until(bridge, lambda: not self.answers.empty())
        return self.answers.get_nowait()

    def has_no_answer(self) -> bool:
        try:
            return self.answers.get_nowait() is None
        except Empty:
            return True

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def mqtt_reader(broker: Mosquitto, pos_id: str = "", **fields: Any) -> Iterator[MqttReader]:
    """One that is registered, unless the test gives the id of one that is not."""
    known = pos_id or str(registered(**fields).pk)
    reader = MqttReader(broker, known)
    try:
        yield reader
    finally:
        reader.stop()


def registered(**fields: Any) -> Device:
    return make_reader(**fields)[0]


def unknown_pos_id() -> str:
    return str(uuid4())
