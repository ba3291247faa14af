"""One Chromium and one served school for all browser tests of a worker."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from server.state import ServerState
from tests.support import school
from tests.support.browsing import Cookies
from tests.support.serving import served

SIZES = {1280: 800, 640: 900, 360: 740}


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> ServerState:
    """A school with a lesson going on in Lab 2."""
    return school.make_house(tmp_path_factory.mktemp("house"), hosts=("127.0.0.1",))


@pytest.fixture(scope="session")
def address(house: ServerState) -> Iterator[str]:
    """Where the school is served."""
    with served(house) as url:
        yield url


@pytest.fixture(scope="session")
def cookies(browser: Browser, address: str) -> Callable[[str], list[dict[str, object]]]:
    """Sign each adult in once; many wrong doors later they are still signed in."""
    return Cookies(browser, address)


@pytest.fixture
def open_page(
    browser: Browser, address: str, cookies: Callable[[str], list[dict[str, object]]]
) -> Iterator[Callable[..., Page]]:
    """Open pages as one of the cast: `open_page("/lab", name=…, width=…, theme=…, lang=…)`."""
    contexts: list[BrowserContext] = []

    def open_it(path: str, name: str = "", width: int = 1280, theme: str = "light", lang: str = "en") -> Page:
        context = browser.new_context(
            ignore_https_errors=True,
            viewport={"width": width, "height": SIZES.get(width, 800)},
            color_scheme="dark" if theme == "dark" else "light",
            locale="tr-TR" if lang == "tr" else "en-GB",
            reduced_motion="reduce",
        )
        contexts.append(context)
        language = {"name": "gatepost_language", "value": lang, "url": address}
        context.add_cookies([*(cookies(name) if name else []), language])  # type: ignore[list-item]
        page = context.new_page()
        page.goto(address + path)
        return page

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture
def shoot() -> Callable[[Page, str], None]:
    """Keep a picture of a page in build/shots if GATEPOST_SHOTS is set."""

    def keep(page: Page, name: str) -> None:
        if os.environ.get("GATEPOST_SHOTS"):
            folder = Path(__file__).resolve().parents[2] / "build" / "shots"
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{name}.png", full_page=True)

    return keep


@pytest.fixture
def lesson(house: ServerState) -> Callable[[], None]:
    """Let the laptops of Lab 2 speak, as if their agents had just sent a status."""

    def speak() -> None:
        now = datetime.now(UTC)
        said = {
            "L-001": school.status(
                (1, "ada", "p1", "active", "Writer", 480.0, False),
                (
                    8,
                    "x" * 50 + "\u202e<b>",
                    None,
                    "active",
                    "A very long application name indeed",
                    7200.0,
                    False,
                ),
            ),
            "L-002": school.status((2, "ben", "p2", "idle", "Web browser", 190.0, False)),
            "L-003": school.status((4, "ece", "p4", "active", "Web browser", 180.0, True)),
        }
        for name, status in said.items():
            house.live.take(school.LAPTOPS[name], status, now)
        house.live.note_contact(school.LAPTOPS["L-010"], now)
        house.live.take(
            school.LAPTOPS["L-010"], school.status((6, "will", "p6", "gate", "", 65.0, False)), now
        )

    return speak
