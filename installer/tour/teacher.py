"""The teacher's real browser: Debian's Chromium, driven by Playwright."""

import base64
import hashlib
import os
import ssl
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WAIT_SECONDS = 20


def key_pin(address: str) -> str:
    """
    Return the hash of the server's public key, as Chromium wants it.

    The demo's certificate is signed by the demo school's own CA, which no browser knows; pinning this
    very key keeps every other certificate refused.
    """
    parts = urlsplit(address)
    pem = ssl.get_server_certificate((parts.hostname or "127.0.0.1", parts.port or 443))
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()


def launch(playwright: Playwright, address: str, home: Path) -> Browser:
    """Return Chromium, which takes this server's key and no other that nobody vouches for."""
    return playwright.chromium.launch(
        executable_path=CHROMIUM,
        env={**os.environ, "HOME": str(home)},
        # Root may not use Chromium's sandbox; the demo is root and visits only its own server.
        args=["--no-sandbox", *QUIET, f"--ignore-certificate-errors-spki-list={key_pin(address)}"],
    )


class Teacher:
    """One adult at a browser, signed in."""

    def __init__(self, address: str, home: Path, *, language: str, dark: bool) -> None:
        self.address = address
        self._home = home
        self._language = language
        self._dark = dark
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self.page: Page | None = None

    def open(self) -> Page:
        """Start the browser, or return the page that is open."""
        if self.page is not None:
            return self.page
        self._playwright = sync_playwright().start()
        self._browser = launch(self._playwright, self.address, self._home)
        context = self._browser.new_context(
            locale="tr-TR" if self._language == "tr" else "en-GB",
            color_scheme="dark" if self._dark else "light",
            viewport={"width": 1280, "height": 800},
        )
        context.set_default_timeout(WAIT_SECONDS * 1000)
        self.page = context.new_page()
        return self.page

    def sign_in(self, username: str, password: str) -> Page:
        """Sign in at the server as a person does."""
        page = self.open()
        page.context.clear_cookies()  # whoever was signed in before has left
        page.goto(f"{self.address}/sign-in")
        page.locator("input[autocomplete=username]").fill(username)
        page.locator("input[type=password]").fill(password)
        page.locator("input[type=password]").press("Enter")
        page.wait_for_url(lambda url: "sign-in" not in url)
        return page

    def screenshot(self, path: Path) -> None:
        """Save a picture of the page."""
        self.open().screenshot(path=str(path), full_page=False)

    def close(self) -> None:
        """Close the browser."""
        if self._browser is not None:
            self._browser.close()
        if self._playwright is not None:
            self._playwright.stop()
        self._browser = self._playwright = self.page = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
