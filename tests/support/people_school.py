"""The invented school with what pages about people show: leavers, imports that wait, copies, notes."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from server import offices, parents, people
from server.roster import archives, correcting, imports, store
from server.roster.comparing import Diff
from server.roster.entries import Entry
from server.roster.rules import Rules
from server.roster.store import By
from tests.support import school
from tests.support.rosters import CLASSES, one_roster, user, zipped

BY = By("Tom Ashby", None)


def pupils() -> list[people.Person]:
    """Return the school's list: two rooms, one class without a room, one leaver to be."""
    listed = school._people()
    listed += [
        people.Person(
            os_user="lea", person="p20", display_name="Lea Gone", tier="teen", room="Lab 1", year="9C"
        ),
        people.Person(os_user="nil", person="p21", display_name="Nil Yurt", tier="early", room="", year="1A"),
        people.Person(os_user="dem", person="s1", display_name="Ms Demir", tier="adult"),
    ]
    return listed


def fill(connection: Connection, now: datetime) -> None:
    """Let the list grow, change and shrink; write copies down; note whose login one was."""
    people.replace_people(connection, pupils(), by="Tom Ashby", now=now - timedelta(days=40))
    correcting.end(connection, "p20", reason="moved to another town", by=BY, now=now - timedelta(days=3))
    correcting.correct(
        connection, "p1", {"display_name": "Ada Yıldız", "job_title": "Form captain"},
        reason="the office asked for it", by=BY, now=now - timedelta(days=2),
    )  # fmt: skip
    noor = Entry(person="p30", display_name="Noor Without", tier="junior", year="4A")
    store.apply_diff(connection, Diff(joins=(noor,)), by=BY, now=now - timedelta(days=1), source="csv")
    today = now.astimezone().date()
    parents.acknowledge(connection, ["p2", "p3"], on=today, how="paper", by="Joan Reed", staff=None, now=now)
    correcting.note_other_person(
        connection, school.LAPTOPS["L-009"], school.login_id(5), "p2", reason="Ben sat at it, two saw him",
        by=By("Ruth Carver"), now=now,
    )  # fmt: skip
    offices.note_offices(
        connection, staff=99, name="o.gone", display_name="Olive Gone", roles=frozenset({"teacher"}),
        by="Neil Okafor", now=now - timedelta(days=200),
    )  # fmt: skip
    offices.note_offices(
        connection, staff=99, name="o.gone", display_name="Olive Gone", roles=frozenset(), by="Neil Okafor",
        now=now - timedelta(days=20),
    )  # fmt: skip


def export() -> bytes:
    """Return a OneRoster export of next week, as the school's program gives it."""
    users = [
        user(0, "07", sourcedId="p1", givenName="Ada", familyName="Yıldız", username="ada"),
        user(1, "05", sourcedId="p2", givenName="Benjamin", familyName="Hollis", username="ben"),
        user(2, "04", sourcedId="n1", username="new.one"),
        user(3, "04", sourcedId="n2", username="new.one"),
        user(4, "04", sourcedId="n3", givenName="=cmd()", username="bad"),
        user(5, "", "guardian"),
        user(6, "05", sourcedId="n4", username=""),
    ]
    seats = [("p1", "c5b"), ("p2", "c4a"), ("n1", "c4a"), ("n2", "c5b")]
    return zipped(one_roster(users, seats, version="1.2", classes=CLASSES))


def put_waiting(connection: Connection, now: datetime, *, rules: Rules = Rules()) -> int:  # noqa: B008
    """Read the export and let it wait for its yes."""
    opened = archives.open_bytes(export())
    reading = imports.read_files(opened, rules, date.today())
    return imports.put(
        connection, reading, rules, by=BY, now=now, file_name="oneroster-monday.zip",
        file_hash=imports.hash_of(opened), files=opened,
    )  # fmt: skip
