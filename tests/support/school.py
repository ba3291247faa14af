"""An invented school for page tests: a real server state in a temporary folder, filled by hand."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from litestar.testing import TestClient
from sqlalchemy import insert

from policies import schools, wire
from policies.settings import UsbSettings
from server import accounts, assigning, codes, people, publishing, settings, state
from server.tables import answers, devices, logins, quarantine
from tests.support import media_school

PASSWORD = "green gate by the lane"
ORIGIN = "https://testserver.local"
BROWSER = {"Origin": ORIGIN, "Host": "testserver.local", "Sec-Fetch-Site": "same-origin"}
HOSTILE = "<script>alert(1)</script>\u202eevil\x1b[2J" + "A" * 10_000
CAST: dict[str, tuple[str, frozenset[str], tuple[str, ...], str]] = {
    "l.demir": ("Ms Demir", frozenset({"teacher"}), ("Lab 2",), "en"),
    "j.reed": ("Joan Reed", frozenset({"teacher"}), ("Lab 1",), "en"),
    "t.ashby": ("Tom Ashby", frozenset({"technician"}), (), "en"),
    "r.carver": ("Ruth Carver", frozenset({"safeguarding"}), (), "en"),
    "n.okafor": ("Neil Okafor", frozenset({"head"}), (), "tr"),
    "g.hall": ("Grace Hall", frozenset({"governor"}), (), "en"),
}
ROOM = "Lab 2"
USB = UsbSettings(mode="approve_then_scan", approvers=("technician", "teacher"))
LAPTOPS = {
    "L-001": "00000000000000a1",
    "L-002": "00000000000000a2",
    "L-003": "00000000000000a3",
    "L-009": "00000000000000a9",
    "L-010": "00000000000000b0",
    "L-011": "00000000000000b1",
}
PUPILS = (
    ("ada", "p1", "Ada Yıldız"),
    ("ben", "p2", "Ben Hollis"),
    ("cem", "p3", "Cem Aksoy"),
    ("ece", "p4", "Ece Tan"),
    ("vera", "p5", "Vera Polat"),
    ("will", "p6", "Will Ashe"),
)


def login_id(number: int) -> str:
    """Return the id of an invented login."""
    return f"{number:032x}"


def make_house(folder: Path, *, hosts: tuple[str, ...] = ()) -> state.ServerState:
    """Return an opened server with staff, people, laptops, a policy, answers and codes."""
    where = settings.Folder(folder)
    where.make()
    settings.write_config(
        where, settings.Config(profile="primary-england", hosts=hosts, bind="127.0.0.1", port=0)
    )
    house = state.open_state(where)
    house.db.upgrade()
    now = datetime.now(UTC)
    profile = schools.load_profile("primary-england")
    with house.db.write() as connection:
        for name, (shown, roles, rooms, language) in CAST.items():
            accounts.add_staff(
                connection,
                name=name,
                display_name=shown,
                roles=roles,
                rooms=rooms,
                password=PASSWORD,
                language=language,
                now=now,
            )
        publishing.publish(
            connection,
            school=profile.school,
            settings=msgspec.structs.replace(profile.settings, usb=USB),
            tiers=profile.tiers,
            profile="primary-england",
            by="test",
            now=now,
        )
        people.replace_people(connection, _people())
        _add_laptops(connection, now)
        assigning.refresh(connection, now)
        _add_answers(connection, now)
        media_school.fill(connection, LAPTOPS, now)
        codes.new_code(connection, house.ca_der, room=ROOM, uses=30, hours=24, by="Tom Ashby", now=now)
    return house


def copy_house(template: Path, folder: Path) -> state.ServerState:
    """Return a house of one's own from a closed template's folder: hashing six passwords takes a while."""
    shutil.copytree(template, folder, dirs_exist_ok=True)
    return state.open_state(settings.Folder(folder))


def reopen_house(folder: Path) -> state.ServerState:
    """Open a house again after its server has ended."""
    return state.open_state(settings.Folder(folder))


def _people() -> list[people.Person]:
    listed = [
        people.Person(os_user=user, person=person, display_name=shown, tier="junior", room=ROOM, year="8B")
        for user, person, shown in PUPILS
    ]
    other = people.Person(
        os_user="zoe", person="p9", display_name="Zoe Lamb", tier="junior", room="Lab 1", year="4A"
    )
    return [*listed, other]


def _add_laptops(connection, now: datetime) -> None:  # type: ignore[no-untyped-def]
    works = (
        '{"lock": "works", "logins": "works", "session-start": "works", "speech": "works", "usb": "works"}'
    )
    lacks = (
        '{"lock": "broken", "logins": "works", "suspend-lock": "lacking", "speech": "lacking",'
        ' "usb": "works"}'
    )
    rows = [
        (LAPTOPS["L-001"], "L-001", ROOM, now, works, 1, None, ""),
        (LAPTOPS["L-002"], "L-002", ROOM, now, works, 1, None, ""),
        (LAPTOPS["L-003"], "L-003", ROOM, now, lacks, None, 1, "unknown field usb"),
        (LAPTOPS["L-009"], "L-009", ROOM, now - timedelta(minutes=6), works, 1, None, ""),
        (LAPTOPS["L-010"], "L-010", ROOM, None, "{}", None, None, ""),
        (LAPTOPS["L-011"], HOSTILE[:200], "Lab 1", now - timedelta(days=3), works, 1, None, ""),
    ]
    for number, (device, hostname, room, seen, able, applied, rejected, problem) in enumerate(rows):
        connection.execute(
            insert(devices).values(
                id=device,
                device_key=number.to_bytes(32, "big"),
                machine=f"{number:064x}",
                hostname=hostname,
                os="Debian GNU/Linux 12",
                agent_version="0.1.0",
                room=room,
                state="active",
                enrolled_at=now - timedelta(days=30),
                last_seen_at=seen,
                capabilities=able,
                applied_number=applied,
                applied_at=now - timedelta(hours=2) if applied else None,
                rejected_number=rejected,
                rejected_problem=problem,
            )
        )
    connection.execute(
        insert(logins).values(
            device=LAPTOPS["L-009"],
            login=login_id(5),
            os_user="vera",
            person="p5",
            tier="junior",
            kind="x11",
            granted="fresh",
            started_at=now - timedelta(minutes=40),
        )
    )
    connection.execute(
        insert(quarantine).values(
            device=LAPTOPS["L-003"],
            hash=bytes(32),
            reason="sealed for somebody else",
            received_at=now,
            size_bytes=4,
            bytes=b"junk",
        )
    )


def _add_answers(connection, now: datetime) -> None:  # type: ignore[no-untyped-def]
    given = [
        ("ada", "p1", "accepted", 1, 60),
        ("ben", "p2", "declined", 2, 50),
        ("cem", "p3", "timed-out", 3, 40),
        ("ece", "p4", "accepted", 4, 30),
    ]
    for user, person, answer, seq, minutes in given:
        at = now - timedelta(minutes=minutes)
        connection.execute(_answer(user, person, answer, seq, at, LAPTOPS["L-001"]))
    at = now - timedelta(minutes=5)
    connection.execute(_answer(HOSTILE[:200], None, "declined", 9, at, LAPTOPS["L-011"]))
    connection.execute(_answer("zoe", "p9", "accepted", 10, at, LAPTOPS["L-011"]))


def _answer(user, person, answer, seq, at, device):  # type: ignore[no-untyped-def]
    return insert(answers).values(
        device=device,
        stream="vital",
        seq=seq,
        at=at,
        received_at=at,
        login=login_id(seq),
        os_user=user,
        person=person,
        tier="junior",
        language="en",
        version=1,
        text_hash="0" * 64,
        answer=answer,
        reading_seconds=40,
    )


def answer_of(user: str, person: str | None, answer: str, seq: int) -> Any:
    """Return the statement that adds one answer, given just now on the first laptop."""
    return _answer(user, person, answer, seq, datetime.now(UTC), LAPTOPS["L-001"])


def status(*given: tuple[int, str, str | None, str, str, float, bool]) -> wire.Status:
    """Return a status of (login number, os_user, person, state, app, since, help)."""
    return wire.Status(
        logins=tuple(
            wire.LoginStatus(
                login=login_id(number),
                os_user=user,
                person=person,
                state=now,
                app=app,
                since_seconds=since,
                help_asked=help_asked,
            )
            for number, user, person, now, app, since, help_asked in given
        )
    )


def signed_in(client: TestClient[Any], name: str) -> TestClient[Any]:
    """Sign this client in as one of the cast."""
    client.headers.update(BROWSER)
    answer = client.post("/sign-in", data={"name": name, "password": PASSWORD}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return client
