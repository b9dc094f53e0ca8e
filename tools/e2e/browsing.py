"""The browser, the demo's password, and what every visit begins with."""

import io
import os
import shutil

import pypdfium2
import zxingcpp
from playwright.sync_api import APIRequestContext, Page

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
# Without these, Chromium itself calls its maker's hosts.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "trackxpert-demo"


def sign_in(page: Page, username: str) -> None:
    page.goto("/admin/")
    page.fill("#id_username", username)
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url("**/admin/")


def bearer(api: APIRequestContext, username: str = "officer") -> dict[str, str]:
    credentials = {"username": username, "password": PASSWORD}
    token = api.post("/api/token/", data=credentials).json()["access"]
    return {"Authorization": f"Bearer {token}"}


def scanned(pdf: bytes) -> str:
    """What a camera reads from the card as a 300 dpi printer makes it."""
    back = pypdfium2.PdfDocument(io.BytesIO(pdf))[1].render(scale=300 / 72).to_pil()
    (code,) = zxingcpp.read_barcodes(
        back, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    )
    return str(code.text)
