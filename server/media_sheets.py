"""Standing approvals and the history of sticks as spreadsheets: out whole, in with a dry run.

The history's columns are the list's columns: plug the school's sticks into any laptop, take the file of the
history, keep the rows you want, add `until`, and send it in.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from policies.media import Access, join_interfaces
from server import media, media_modes, media_standing
from server.media import Approval, Plug
from server.media_answers import Adult, Place
from server.media_standing import StandingRefused, Wanted
from server.spreadsheets import TableRefused, read_table, write_csv
from server.tables import devices

COLUMNS = (
    "serial", "vendor", "model", "descriptors", "interfaces", "person", "room", "laptop", "access", "until",
    "encrypted", "note",
)  # fmt: skip
ALSO = ("approval", "state", "product", "given_by", "given_at", "head", "when", "os_user", "name", "outcome")
"""Columns of our own files that say something to people; reading passes over them."""
MOST_ROWS = 2000
_YES = {
    "yes": True,
    "evet": True,
    "1": True,
    "true": True,
    "no": False,
    "hayır": False,
    "0": False,
    "": False,
}
SENTENCES: dict[str, str] = {
    "not-yours": "the policy does not let the technician answer for sticks",
    "forbidden": "the policy keeps every stick shut",
    "needs-serial": "column serial: it is empty, and without a number there is nothing to stand on",
    "never-seen": "no laptop has met this stick: plug it in once, or fill in all that names it",
    "seen-differently": "several different sticks have this serial number: fill in vendor and descriptors",
    "no-stick": "vendor and model are four hexadecimal letters, descriptors 64, interfaces as in the history",
    "blocked": "the policy keeps this kind of device shut",
    "too-soon": "column until: that day is past",
    "too-long": "column until: that is longer than the policy allows",
    "no-person": "column person: nobody on the list has this id",
    "not-staff": "the policy opens sticks for staff only",
    "no-laptop": "column laptop: no laptop in use has this name, or several have",
    "no-room": "column room: no laptop stands in this room",
    "too-many": f"more than {media_standing.MOST_LIVE} standing approvals would hold",
    "stands": "the same approval holds already, as long or longer",
    "until": "column until: write a day as 2027-06-30",
    "access": "column access: read or write",
    "encrypted": "column encrypted: yes or no",
    "place": "either a room or a laptop, not both; neither is the whole school",
}  # fmt: skip


class Wrong(NamedTuple):
    """One line that is not taken, and why."""

    line: int
    kind: str
    serial: str

    @property
    def sentence(self) -> str:
        """In English, for the command line."""
        return SENTENCES[self.kind]


class Outcome(NamedTuple):
    """What a file would do, or did."""

    given: list[Approval]
    same: int
    """Lines whose approval holds already."""
    wrong: list[Wrong]

    @property
    def waiting(self) -> int:
        """Return how many wait for the head."""
        return sum(each.state == "half" for each in self.given)


class _Cell(Exception):
    """One cell is not what it has to be; the argument names its column."""


def take(connection: Connection, data: bytes, adult: Adult, now: datetime) -> Outcome:
    """
    Give every approval that a file lists. With any wrong line nothing should be kept.

    Runs in the caller's transaction, which commits only if `wrong` is empty and it is no dry run. Raises
    TableRefused for a file that is no table, lacks a column or has a strange one.
    """
    table = read_table(data, most_rows=MOST_ROWS)
    for needed in ("serial", "until"):
        if needed not in table.columns:
            raise TableRefused("columns", f"there is no column {needed!r}", 1)
    strange = next((name for name in table.columns if name not in COLUMNS + ALSO), None)
    if strange is not None:
        raise TableRefused("columns", f"no list of sticks has a column {strange[:40]!r}", 1)
    given: list[Approval] = []
    wrong: list[Wrong] = []
    same = 0
    places = media_modes.Places(connection)
    for line, cells in table.dicts():
        try:
            wanted = read_wanted(connection, cells)
            usb = places.usb_at(device=wanted.device, room=wanted.room)
            given.append(media_standing.allow(connection, usb, wanted, adult, now))
        except _Cell as cell:
            wrong.append(Wrong(line, str(cell), cells["serial"][:60]))
        except StandingRefused as refused:
            if refused.kind == "stands":
                same += 1
            else:
                wrong.append(Wrong(line, refused.kind, cells["serial"][:60]))
    return Outcome(given, same, wrong)


def read_wanted(connection: Connection, cells: dict[str, str]) -> Wanted:
    """Return what one row asks for."""
    cells = {name: cell.strip() for name, cell in cells.items()}
    try:
        day = date.fromisoformat(cells["until"])
        until = media.day_begins(day + timedelta(days=1))
    except (ValueError, OverflowError) as problem:
        raise _Cell("until") from problem
    access = cells.get("access", "").lower()
    if access not in ("", "read", "write"):
        raise _Cell("access")
    if cells.get("encrypted", "").lower() not in _YES:
        raise _Cell("encrypted")
    room, laptop = cells.get("room", ""), cells.get("laptop", "")
    if room and laptop:
        raise _Cell("place")
    place: Place = "room" if room else "laptop" if laptop else "school"
    chosen: Access = "write" if access == "write" else "read"
    return Wanted(
        serial=cells["serial"],
        vendor=cells.get("vendor", ""),
        model=cells.get("model", ""),
        descriptors=cells.get("descriptors", ""),
        interfaces=join_interfaces(cells.get("interfaces", "").split()),
        person=media_standing.person_named(connection, cells.get("person", "")),
        place=place,
        room=room,
        device=_laptop(connection, laptop) if laptop else "",
        access=chosen,
        encrypted_only=_YES[cells.get("encrypted", "").lower()],
        until=until,
        note=cells.get("note", ""),
    )


def _laptop(connection: Connection, name: str) -> str:
    """Return the one laptop with this id or host name."""
    active = select(devices.c.id).where(devices.c.state == "active")
    found = connection.execute(
        active.where((devices.c.id == name) | (devices.c.hostname == name))
    ).scalars().all()  # fmt: skip
    if name in found:
        return name
    if len(found) != 1:
        raise StandingRefused("no-laptop")
    return str(found[0])


# ---- out ----


def write_standing(approvals: Iterable[Approval]) -> str:
    """Return standing approvals as CSV; `take` reads it again."""
    rows: list[tuple[object, ...]] = [
        (*COLUMNS, "approval", "state", "product", "given_by", "given_at", "head")
    ]
    for each in approvals:
        stick = each.terms.stick
        last_day = (each.until - timedelta(seconds=1)).astimezone().date()
        rows.append(
            (stick.serial, stick.vendor, stick.model, stick.descriptors, stick.interfaces, each.person,
             each.room if each.place == "room" else "", each.hostname if each.place == "laptop" else "",
             "write" if each.terms.access == "write" else "read", last_day.isoformat(),
             "yes" if each.terms.encrypted_only else "no", each.note, each.id, each.state, each.product,
             each.given_by, _stamp(each.given_at), each.head_by)
        )  # fmt: skip
    return write_csv(rows, bom=True)


def write_history(plugs: Iterable[Plug]) -> str:
    """Return what was plugged in as CSV, with everything that names a stick."""
    rows: list[tuple[object, ...]] = [
        ("serial", "vendor", "model", "descriptors", "interfaces", "person", "room", "laptop", "access",
         "until", "encrypted", "note", "product", "when", "os_user", "name", "outcome")
    ]  # fmt: skip
    for each in plugs:
        rows.append(
            (each.serial, each.vendor, each.model, each.descriptors, each.interfaces, each.person, "", "", "",
             "", "yes" if each.encryption in ("luks", "bitlocker") else "no", "", each.product,
             _stamp(each.received_at), each.os_user, each.display_name, each.outcome or each.state)
        )  # fmt: skip
    return write_csv(rows, bom=True)


def _stamp(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M")
