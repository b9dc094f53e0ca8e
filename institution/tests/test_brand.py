"""The institution's colours as a stylesheet: readable, small, and nothing but colours."""

import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from institution.brand import contrast, ink_on
from trackxpert.tests.test_settings import check

colours = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


def variables(response: Any) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#\w+);", response.content.decode()))


@given(colours)
def test_the_ink_can_be_read_on_any_colour(colour: str) -> None:
    assert contrast(ink_on(colour), colour) >= 4.5


def test_contrast_is_what_wcag_says_it_is() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#123456", "#123456") == 1


def test_the_colours_of_the_settings_are_custom_properties(
    client: Client, settings: Settings
) -> None:
    settings.INSTITUTION_PRIMARY_COLOUR = "#0b3b66"
    settings.INSTITUTION_ACCENT_COLOUR = "#F5B82E"
    response = client.get("/brand.css")
    assert variables(response) == {
        "brand": "#0b3b66",
        "brand-ink": "#ffffff",
        "accent": "#F5B82E",
        "accent-ink": "#000000",
    }


def test_it_is_a_stylesheet_that_is_asked_for_again_and_sent_only_if_it_has_changed(
    client: Client, settings: Settings
) -> None:
    response = client.get("/brand.css")
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert set(response["Cache-Control"].split(", ")) == {"public", "no-cache"}
    assert "Cookie" not in response.get("Vary", "")
    same = {"if-none-match": response["ETag"]}
    assert client.get("/brand.css", headers=same).status_code == 304
    settings.INSTITUTION_PRIMARY_COLOUR = "#123456"
    assert client.get("/brand.css", headers=same).status_code == 200
    assert client.head("/brand.css").status_code == 200
    assert client.post("/brand.css").status_code == 405


@pytest.mark.parametrize("name", ["INSTITUTION_PRIMARY_COLOUR", "INSTITUTION_ACCENT_COLOUR"])
@pytest.mark.parametrize(
    "value",
    ["red", "#fff", "0b3b66", "#0b3b66;} body{background:url(//evil.example)}", "#0b3b66\n"],
)
def test_what_is_no_colour_does_not_start(name: str, value: str) -> None:
    assert "trackxpert.E013" in check(**{name: value})
