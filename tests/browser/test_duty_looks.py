"""Supervision, lessons and covers, Oversight: every width, light and dark, both languages, by keyboard."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from policies.windows import WEEKDAYS, Window
from server import accounts, covers, duties, lab_actions, refusals, room_settings, supervising
from server.duty_log import Giver
from server.state import ServerState
from server.supervising import Adult
from tests.support import school
from tests.support.browsing import sign_in
from tests.support.looks import held, levels_are_in_order
from tests.support.serving import served

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
    faults = held(page, shoot, name)

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

    expect(page.locator(f"[data-room='{ROOM}']")).to_contain_text("Nobody is checked in.")


@pytest.fixture
def own_school(tmp_path: Path) -> Iterator[tuple[ServerState, str]]:
    """A school of one's own, for a test that changes its settings."""
    house = school.make_house(tmp_path, hosts=("127.0.0.1",))
    with served(house) as address:
        yield house, address


def test_r19_a_technician_sets_a_club_in_a_minute(
    own_school: tuple[ServerState, str], browser: Browser, shoot: Callable[[Page, str], None]
):
    house, address = own_school
    page = browser.new_page(ignore_https_errors=True)
    sign_in(page, address, "t.ashby")
    page.goto(f"{address}/policies")
    page.click("#room-hours summary")
    page.select_option("#room-hours #where", "room:" + CLUB)
    for day in ("mon", "tue", "wed", "thu", "fri"):
        page.uncheck(f"#room-hours input[value={day}]")
    page.check("#room-hours input[value=sun]")
    page.fill("#room-hours #starts", "03:00")
    page.fill("#room-hours #ends", "03:05")
    shoot(page, "duty-club-begins")
    page.click("#room-hours button")
    page.get_by_text("a club, open while an adult is checked in").click()
    page.fill("#reason", "The robotics club begins")
    page.get_by_role("button", name="Propose this change").click()
    page.wait_for_url(lambda url: "/policies/proposals/" in url)
    page.get_by_role("button", name="Send it to 1 laptop").click()
    page.get_by_role("heading", name="It became settings").wait_for()
    sunday = datetime(2026, 11, 29, 3, 1).astimezone()
    with house.db.read() as connection:
        club = room_settings.hours_of_room(connection, CLUB, sunday)
        before = room_settings.hours_of_room(connection, CLUB, sunday - timedelta(minutes=2))

    page.context.close()

    assert (frozenset({"club"}), True) == (club.sessions, club.needs_supervisor)
    assert not before.needs_supervisor
