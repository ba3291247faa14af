"""
The lab with real agents and a real browser: a part of the benchmark `lab`.

Laptops on this machine, each a real service with a real session at a display of its own; the teacher's
page is open in a real Chromium. One clock for all of it. Bytes are counted where they pass, TLS included,
without the headers of TCP.
"""

import contextlib
import secrets
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Page

from installer import own, processes
from installer.displays import Display
from installer.tour.teacher import Teacher
from tests.support import veyon
from tests.support.counting import Counting
from tests.support.lab import ROOM, Lab
from tests.support.measuring import figure, progress
from tests.support.real_room import Room, Seat

APPS = {"one": "Writer", "two": "Browser"}
SEEN_SECONDS = 30.0
NOTE_TILES = """() => {
  window.seenAt = {};
  const look = () => {
    for (const tile of document.querySelectorAll("[data-tile]")) {
      const app = tile.querySelector(".app em");
      const key = tile.dataset.tile + "|" + (app ? app.textContent.trim() : "");
      if (!(key in window.seenAt)) window.seenAt[key] = Date.now();
    }
  };
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""
"""Writes down when a tile first showed an app, by the clock that we have, too."""


class Running(NamedTuple):
    """A school in which a room is being looked at."""

    lab: Lab
    room: Room
    teacher: Teacher
    page: Page
    wire: Counting
    """What passes between the first laptop and its server."""


@contextlib.contextmanager
def running(laptops: int) -> Iterator[Running]:
    """Seat so many pupils and open the teacher's page on their room."""
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(Lab(pupils=laptops, settings={"lock.idle_after_seconds": 3600}))
        lab.accepted_before()
        host, _, port = lab.school.address.rpartition("//")[2].partition(":")
        wire = Counting(host, int(port))
        stack.callback(wire.close)
        room = Room(lab, ROOM)
        stack.callback(room.close)
        room.address = f"https://{host}:{wire.port}"
        room.seat(lab.pupils[:1], progress)
        room.address = lab.school.address
        room.seat(lab.pupils[1:], progress)
        teacher = Teacher(lab.school.address, lab.folder, language="en", dark=False)
        stack.enter_context(teacher)
        page = teacher.open()
        yield Running(lab, room, teacher, page, wire)


def teacher_of_room(lab: Lab) -> tuple[str, str]:
    """Add a teacher who has this room; return name and password."""
    name, password = "lea", secrets.token_hex(10)
    words = ["staff", "add", "--name", name, "--display-name", "Lea Quick", "--role", "teacher"]
    subprocess.run(
        own.module("server", "--data", str(lab.school.data), *words, "--room", ROOM, "--password-stdin"),
        input=password, text=True, check=True, cwd="/", capture_output=True, timeout=60,
    )  # fmt: skip
    return name, password


def open_lab(here: Running) -> None:
    """Open the room's page and wait until every laptop has said how it is."""
    page = here.page
    page.goto(f"{here.lab.school.address}/lab/{ROOM.replace(' ', '%20')}")
    for seat in here.room.seats:
        page.wait_for_selector(f"[data-tile='{seat.device}'] .app em", timeout=20_000)


def focus_times(here: Running, runs: int) -> list[float]:
    """Return seconds from a focus change on a laptop to the changed tile in Chromium."""
    found = []
    for each in range(runs):
        seat = here.room.seats[each % len(here.room.seats)]
        title = ("one", "two")[(each // len(here.room.seats)) % 2]
        found.append(_focus(here.page, seat, title))
    return found


def _focus(page: Page, seat: Seat, title: str) -> float:
    seat.bring_to_front({"one": "two", "two": "one"}[title])
    tile = f"[data-tile='{seat.device}'] .app em"
    other = APPS[{"one": "two", "two": "one"}[title]]
    page.wait_for_function(
        "([tile, app]) => document.querySelector(tile)?.textContent.trim() === app", arg=[tile, other]
    )
    time.sleep(0.5)  # what the laptop gathers must be over
    page.evaluate(NOTE_TILES)
    began = time.time()
    seat.bring_to_front(title)
    key = f"{seat.device}|{APPS[title]}"
    page.wait_for_function("key => key in window.seenAt", arg=key, timeout=SEEN_SECONDS * 1000)
    return float(page.evaluate("key => window.seenAt[key]", key)) / 1000 - began


def attention_times(here: Running, runs: int, picture: Path | None = None) -> list[float]:
    """Return seconds from *Cover the screens* until the page says that the last laptop confirmed."""
    page, count = here.page, len(here.room.seats)
    found = []
    for each in range(runs):
        page.locator("[data-do='attention']").click()
        page.locator("#do-attention textarea").fill("Look at the board, please.")
        button = page.locator("#do-attention button.main")
        said = f"{count} of {count} confirmed"
        page.evaluate(
            """said => {
              window.confirmedAt = 0;
              const look = () => {
                const holds = [...document.querySelectorAll("#box-orders [data-kind=attention]")]
                  .find(each => each.querySelector("form[action$='/end']"));
                if (!window.confirmedAt && holds && holds.textContent.includes(said))
                  window.confirmedAt = Date.now();
              };
              new MutationObserver(look).observe(document.body, {childList: true, subtree: true,
                characterData: true});
            }""",
            said,
        )
        began = time.time()
        button.click()
        page.wait_for_function("() => window.confirmedAt > 0", timeout=20_000)
        found.append(float(page.evaluate("window.confirmedAt")) / 1000 - began)
        if each == 0 and picture is not None:
            page.screenshot(path=str(picture.with_suffix(".page.png")), full_page=True)
            here.room.seats[-1].display.screenshot(picture)
        page.locator("#box-orders form[action$='/end'] button").first.click()
        page.wait_for_function("() => !document.querySelector(\"#box-orders form[action$='/end']\")")
        time.sleep(1.0)
    return found


def take_pictures(here: Running, folder: Path) -> None:
    """Picture the whole room as it is: every view, in both languages, light and dark, also on a phone."""
    page, address = here.page, here.lab.school.address
    room = f"{address}/lab/{ROOM.replace(' ', '%20')}"
    views = {
        "map": ("", 1280),
        "list": ("?view=list", 1280),
        "phone": ("", 360),
        "projector": ("/projector", 1920),
    }
    for language in ("en", "tr"):
        page.context.add_cookies([{"name": "gatepost_language", "value": language, "url": address}])
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            for name, (way, width) in views.items():
                page.set_viewport_size({"width": width, "height": 1080 if width > 1280 else 800})
                page.goto(f"{room}{way}")
                page.locator("#seats > *").nth(len(here.room.seats) - 1).wait_for()
                page.screenshot(path=str(folder / f"{name}-{language}-{theme}.png"), full_page=True)


def bytes_each_minute(counting: Counting, minutes: float, do: Any = None) -> float:
    """Return the bytes that pass in a minute, over so many minutes."""
    before, began = counting.count, time.monotonic()
    while time.monotonic() - began < minutes * 60:
        if do is not None:
            do()
        time.sleep(5.0)
    return (counting.count - before) * 60 / (time.monotonic() - began)


def switching(display: Display) -> Any:
    """Return what changes the app in front, over and over."""
    titles = ["one", "two"]

    def switch() -> None:
        titles.reverse()
        found = display.run("xdotool", "search", "--name", f"^{titles[0]}$").split()
        display.run("xdotool", "windowactivate", found[-1])

    return switch


def traffic_of_veyon(minutes: float) -> dict[str, Any]:
    """Return what the thumbnails of one desktop take: idle, and while its two windows take turns."""
    folder = Path(tempfile.mkdtemp(prefix="gatepost-veyon-"))
    with veyon.watched_desktop(folder) as (counting, display):
        begun = counting.count
        idle = bytes_each_minute(counting, minutes)
        used = bytes_each_minute(counting, minutes, switching(display))
    return {"first_look": figure([begun], 0), "idle": figure([idle], 0), "used": figure([used], 0)}


def measure(laptops: int, runs: int, minutes: float, pictures: Path | None = None) -> dict[str, Any]:
    """Return all figures with real agents; `pictures` is a folder for what they looked like."""
    figures: dict[str, Any] = {}
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    with running(laptops) as here:
        sign_in = teacher_of_room(here.lab)
        progress("all desktops are open")
        processes.wait_for(
            "every journal is empty",
            lambda: all(seat.laptop.waiting_records() == 0 for seat in here.room.seats[:3]),
            60,
        )
        figures["unwatched_bytes_per_minute"] = figure([bytes_each_minute(here.wire, minutes)], 0)
        here.teacher.sign_in(*sign_in)
        open_lab(here)
        progress("the page shows everybody")
        figures["focus_to_tile_s"] = figure(focus_times(here, runs))
        picture = pictures / "covered.png" if pictures else None
        figures["attention_to_last_s"] = figure(attention_times(here, runs, picture))
        figures["watched_idle_bytes_per_minute"] = figure([bytes_each_minute(here.wire, minutes)], 0)
        switch = switching(here.room.seats[0].display)
        figures["watched_used_bytes_per_minute"] = figure([bytes_each_minute(here.wire, minutes, switch)], 0)
        if pictures is not None:
            take_pictures(here, pictures)
    return figures
