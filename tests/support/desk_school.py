"""For page tests: a register of apps, programs that nobody knows, and sticks allowed ahead of time."""

import sqlite3
from datetime import UTC, date, datetime, timedelta

from policies import records
from server import app_intake, apps, media_modes, media_standing
from server.apps import Draft
from server.media_answers import Adult
from server.media_standing import Wanted
from server.state import ServerState
from tests.support import media_school, school

TECHNICIAN = Adult("Tom Ashby", frozenset({"technician"}), id=3)
ADA_STICK, BEN_STICK = "0019E06B9C850001", "0019E06B9C850002"
ENTRIES = (
    Draft(
        name="Tux Paint", names=("tuxpaint", "Tuxpaint.TuxPaint"), decision="approved",
        evaluator="Selin Arat", risk_reference="RA-2026-14", age_from=4, age_to=11,
        review_on=date(2027, 9, 1),
    ),
    Draft(
        name="Firefox", names=("firefox", "firefox-esr"), decision="approved", evaluator="Tom Ashby",
        risk_reference="RA-2026-02", review_on=date(2026, 1, 15), note="Only with the school’s start page",
    ),
    Draft(name="Scratch", names=("scratch-desktop",), decision="open", age_from=7),
    Draft(
        name="StrangeGame " + media_school.NASTY, names=("strange.x86_64",), decision="refused",
        evaluator="Tom Ashby", age_to=16,
    ),
)  # fmt: skip
PROGRAMS = (
    ("StrangeGame", "game.x86_64"),
    ("firefox", "portable-firefox"),
    ("Org.gnome.Calculator", ""),
    (media_school.NASTY, "A" * 190),
)


def fill(house: ServerState) -> None:
    """Write a register, let two laptops tell of programs, and allow sticks; once for each house."""
    now = datetime.now(UTC)
    with house.db.write() as connection:
        for draft in ENTRIES:
            apps.save(connection, draft, by="Tom Ashby", now=now)
        plain = connection.connection.dbapi_connection
        assert isinstance(plain, sqlite3.Connection)
        for name, hours in (("L-001", 50), ("L-009", 3)):
            told = [_used(*pair, now) for pair in PROGRAMS]
            at = int((now - timedelta(hours=hours)).timestamp() * 1000)
            app_intake.note_apps(plain, school.LAPTOPS[name], told, at)
        for serial, changes in (
            (ADA_STICK, {"note": "Class camera, blue"}),
            (BEN_STICK, {"access": "write"}),
        ):
            wanted = Wanted(serial=serial, until=now + timedelta(days=60), **changes)  # type: ignore[arg-type]
            usb = media_modes.Places(connection).usb_at()
            media_standing.allow(connection, usb, wanted, TECHNICIAN, now)


def _used(app: str, program: str, at: datetime) -> records.AppUsed:
    return records.AppUsed(
        at=at,
        login="1" * 32,
        app=records.short(app),
        program=records.short(program),
        focused_seconds=60.0,
        active_seconds=30.0,
    )
