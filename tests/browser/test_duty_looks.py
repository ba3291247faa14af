"""Supervision, lessons and covers, Oversight: every width, light and dark, both languages, by keyboard."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page

from policies.windows import WEEKDAYS, Window
from server import accounts, covers, duties, lab_actions, refusals, supervising
from server.duty_log import Giver
from server.state import ServerState
from server.supervising import Adult
from tests.support import school
from tests.support.looks import AXE, VARIANTS, faults_of, levels_are_in_order

pytestmark = pytest.mark.browser

ROOM, CLUB = school.ROOM, "Lab 1"
PAGES: dict[str, tuple[str, str]] = {
    "labs": ("/lab", "l.demir"),
    "labs-asked": ("/lab", "j.reed"),
    "supervision": (f"/lab/{CLUB}/supervision", "j.reed"),
    "duties": ("/staff/j.reed/duties", "t.ashby"),
    "duties-none": ("/staff/l.demir/duties", "n.okafor"),
    "oversight": ("/oversight", "n.okafor"),
    "oversight-orders": ("/oversight?kind=orders", "r.carver"),
}


@pytest.fixture(scope="module")
def told(house: ServerState) -> None:
    """Let things have happened: a cover, a handover that is asked for, an order, a refusal, hostile names."""
    now = datetime.now(UTC) - timedelta(minutes=3)
    later = WEEKDAYS[(now.astimezone().weekday() + 3) % 7]
    by = Giver(None, "Neil Okafor")
    with house.db.write() as connection:
        demir, reed = (accounts.find_staff(connection, name) for name in ("l.demir", "j.reed"))
        accounts.set_roles(connection, reed.id, reed.roles, (CLUB, "Lab 3"), by="Neil Okafor", now=now)
        duties.set_hours(
            connection,
            reed.id,
            "Lab 3",
            [Window(days=(later,), starts="15:30", ends="17:00")],
            by=by,
            now=now,
        )
        for room, who in ((ROOM, reed.id), (CLUB, demir.id)):
            covers.give_cover(
                connection,
                who,
                room,
                from_at=now,
                until=now + timedelta(hours=2),
                reason="Ms Reed is at a conference; the class goes on with its project",
                by=by,
                now=now,
            )
        supervising.check_in(connection, Adult(demir.id, "Ms Demir"), ROOM, now=now)
        supervising.offer(connection, Adult(demir.id, "Ms Demir"), ROOM, reed.id, now=now)
        supervising.check_in(connection, Adult(reed.id, "Joan Reed"), CLUB, now=now)
        lab_actions.write(
            connection,
            at=now,
            staff=demir.id,
            by="Ms Demir",
            room=ROOM,
            what="attention",
            words=school.HOSTILE[:300],
            until=now + timedelta(minutes=5),
        )
        refusals.note_refusal(connection, demir.id, "Ms Demir", CLUB, now)


def hold_against_everything(page: Page, name: str, shoot: Callable[[Page, str], None]) -> None:
    page.evaluate(AXE)
    faults: dict[str, object] = {}
    for width, theme in VARIANTS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        shoot(page, f"{name}-{width}-{theme}")
        faults.update({f"{kind} {width} {theme}": fault for kind, fault in faults_of(page, width).items()})

    assert {} == faults
    assert levels_are_in_order(page)


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_duties_fits_and_names_its_controls(
    told: None,
    open_page: Callable[..., Page],
    shoot: Callable[[Page, str], None],
    name: str,
    lang: str,
):
    path, who = PAGES[name]
    page = open_page(path, who, lang=lang)

    assert lang == page.get_attribute("html", "lang")
    hold_against_everything(page, f"duty-{name}-{lang}", shoot)


def test_a_room_is_taken_over_and_left_by_keyboard_alone(told: None, open_page: Callable[..., Page]):
    page = open_page("/lab", "j.reed")
    take = page.locator(f"[data-room='{ROOM}']").get_by_role("button", name="I take over")
    take.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"[data-room='{ROOM}'] [data-supervision='mine']")
    page.locator(f"[data-room='{ROOM}'] summary").focus()
    page.keyboard.press("Enter")
    page.locator(f"[data-room='{ROOM}']").get_by_role("button", name="I leave the room").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"[data-room='{ROOM}'] [data-supervision='free']")

    assert "Nobody is checked in." in page.inner_text(f"[data-room='{ROOM}']")
