"""The ESPHome configuration of docs/readers/: what it sends is a tap, what it heeds is an answer.

`esphome config` checks all of it where ESPHome is installed; here is checked what is ours in it.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pos.protocol import FIELDS
from pos.tests.factories import make_reader
from tools.bench.stack import ROOT

FILE = ROOT / "docs" / "readers" / "esphome.yaml"
SECRETS = {
    "wifi_ssid": "school",
    "wifi_password": "long enough",
    "taps_url": "https://school.example/api/pos/taps/",
    "reader_key": "Device txr_key",
}


class _Tags(yaml.SafeLoader):
    """ESPHome's own: a secret, and C++ that is run on the chip."""


_Tags.add_constructor("!secret", lambda loader, node: SECRETS[node.value])
_Tags.add_constructor("!lambda", lambda loader, node: node.value)


def asked() -> dict[str, Any]:
    """The request of a tap."""
    said = yaml.load(FILE.read_text(), Loader=_Tags)  # noqa: S506  (a safe loader)
    for action in said["pn532_i2c"]["on_tag"]["then"]:
        if "http_request.post" in action:
            request: dict[str, Any] = action["http_request.post"]
            return request
    raise AssertionError("nothing is sent")


def test_it_sends_a_tap_by_the_names_of_the_protocol() -> None:
    request = asked()
    names = set(re.findall(r'root\["(\w+)"\]', request["json"]))
    assert {"card", "event_id"} <= names <= set(FIELDS)
    assert request["url"] == SECRETS["taps_url"]
    assert request["request_headers"]["Authorization"] == SECRETS["reader_key"]
    assert all(f"!secret {name}" in FILE.read_text() for name in SECRETS)


@pytest.mark.django_db
def test_it_opens_by_a_header_that_the_server_sends() -> None:
    request = asked()
    _, reader = make_reader()
    # As ESPHome spells a chip: 74-10-37-94.
    answer = reader.post("/api/pos/taps/", {"event_id": "0a1b2c3d-1", "card": "74-10-37-94"})
    (header,) = request["collect_headers"]
    assert answer.headers[header] == "denied"
    condition = request["on_response"]["then"][0]["if"]["condition"]["lambda"]
    assert f'get_response_header("{header}") == "accepted"' in condition
    assert str(answer.status_code) in condition


def test_esphome_finds_it_valid(tmp_path: Path) -> None:
    esphome = shutil.which("esphome")
    if esphome is None:
        pytest.skip("ESPHome is not installed here")
    shutil.copy(FILE, tmp_path / "gate.yaml")
    (tmp_path / "secrets.yaml").write_text(yaml.safe_dump(SECRETS))
    said = subprocess.run(
        [esphome, "config", "gate.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr
