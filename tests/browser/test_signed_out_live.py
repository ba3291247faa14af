"""A page left open by somebody who was signed out elsewhere names no pupil, and says how to go on."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete

from server.state import ServerState
from server.tables import sessions
from server.web import lab_live
from tests.support import lab_room
from tests.support.browsing import Cookies
from tests.support.looks import held
from tests.support.serving import served

pytestmark = pytest.mark.browser
WAIT_MS = 60_000
LAB = "/lab/Lab 3"
SEAT = f"{LAB}/seat/{lab_room.device_of(lab_room.SILENT_SEAT)}"
OUT = {
    "en": ("You are signed out. Nothing here changes any more.", "Sign in again"),
    "tr": ("Oturumunuz kapandı. Burada artık hiçbir şey değişmez.", "Yeniden giriş yap"),
}


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> ServerState:
    """A room of thirty whose live channel looks at its sessions often."""
    monkeypatch.setattr(lab_live, "BEAT_SECONDS", 0.2)
    return lab_room.make_room(tmp_path_factory.mktemp("room"))


@pytest.fixture
def address(house: ServerState) -> Iterator[str]:
    """Where it is served."""
    with served(house) as url:
        yield url


@pytest.fixture
def cookies(browser: Browser, address: str) -> Cookies:
    """Sign each adult in once."""
    return Cookies(browser, address)


def ends_while_the_line_holds(house: ServerState, page: Page) -> None:
    """The session ends, and the page's open channel tells it."""
    with house.db.write() as connection:
        connection.execute(delete(sessions))


def ends_while_the_line_is_down(house: ServerState, page: Page) -> None:
    """The page loses the server, the session ends, and only its next try hears of it."""
    house.stopping = True  # its streams end without a word, as at a restart
    house.live.wake(lab_room.ROOM)
    until = datetime.now(UTC) + timedelta(milliseconds=WAIT_MS)
    while house.live.has_open_page(lab_room.ROOM, "2") and datetime.now(UTC) < until:
        page.wait_for_timeout(20)
    ends_while_the_line_holds(house, page)
    house.stopping = False


ENDS = pytest.mark.parametrize(
    "end", [ends_while_the_line_holds, ends_while_the_line_is_down], ids=lambda each: each.__name__
)


def named_in(page: Page) -> list[str]:
    html = page.content()
    return [name for name in lab_room.NAMES if name in html]


@ENDS
@pytest.mark.parametrize(("view", "lang"), [("", "en"), ("?view=list", "tr")])
def test_r38_a_lab_of_whoever_was_signed_out_names_no_pupil(
    open_page: Callable[..., Page],
    house: ServerState,
    shoot: Callable[[Page, str], None],
    end: Callable[[ServerState, Page], None],
    view: str,
    lang: str,
):
    page = open_page(LAB + view, "l.demir", lang=lang)
    lab_room.all_say(house, 30)
    expect(page.locator("#seats")).to_contain_text("Ece Tan", timeout=WAIT_MS)
    end(house, page)
    words, way = OUT[lang]
    expect(page.locator("#lost")).to_contain_text(words, timeout=WAIT_MS)
    named = named_in(page)
    faults = held(page, shoot, f"signed-out-lab-{lang}")
    page.get_by_role("link", name=way).click()

    assert [] == named
    assert {} == faults
    expect(page.locator("#password")).to_be_visible(timeout=WAIT_MS)
    assert page.url.endswith("/sign-in?next=/lab/Lab%203")


@ENDS
@pytest.mark.parametrize("lang", ["en", "tr"])
def test_r38_one_pupils_page_of_whoever_was_signed_out_names_nobody(
    open_page: Callable[..., Page],
    house: ServerState,
    shoot: Callable[[Page, str], None],
    end: Callable[[ServerState, Page], None],
    lang: str,
):
    open_page(LAB, "l.demir", lang=lang)
    page = open_page(SEAT, "l.demir", lang=lang)
    expect(page.locator("#viewing")).to_be_visible(timeout=WAIT_MS)
    named_before = named_in(page)
    end(house, page)
    words, way = OUT[lang]
    expect(page.locator("#out")).to_be_visible(timeout=WAIT_MS)
    expect(page.locator("#out")).to_contain_text(words)
    named = named_in(page)
    title = page.title()
    faults = held(page, shoot, f"signed-out-seat-{lang}")
    page.get_by_role("link", name=way).click()

    assert [lab_room.NAMES[lab_room.SILENT_SEAT - 1]] == named_before
    assert ([], "Lab 3") == (named, title)
    assert {} == faults
    expect(page.locator("#password")).to_be_visible(timeout=WAIT_MS)


@ENDS
def test_the_page_media_of_whoever_was_signed_out_names_nobody(
    open_page: Callable[..., Page],
    house: ServerState,
    shoot: Callable[[Page, str], None],
    end: Callable[[ServerState, Page], None],
):
    page = open_page("/media", "l.demir")
    expect(page.locator("article").first).to_be_visible(timeout=WAIT_MS)
    named_before = named_in(page)
    end(house, page)
    expect(page.locator("#media-over")).to_be_visible(timeout=WAIT_MS)
    named = named_in(page)
    shoot(page, "signed-out-media")

    assert "Ada Yıldız" in named_before
    assert [] == named
    expect(page.locator("#media-over")).to_contain_text(OUT["en"][0])
