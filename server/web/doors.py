"""Which page stands open to whom: one table, read by the guard, the navigation and the tests."""

from typing import Literal, NamedTuple

Role = Literal["teacher", "technician", "safeguarding", "head", "governor", "specialist"]
ROLES: tuple[Role, ...] = ("teacher", "technician", "safeguarding", "head", "governor", "specialist")
Page = Literal[
    "lab",
    "reports",
    "keys",
    "devices",
    "problems",
    "media",
    "apps",
    "policies",
    "agreements",
    "people",
    "people-lists",
    "people-right",
    "people-whole",
    "people-access",
    "arrangements",
    "limits",
    "lessons",
    "countersign",
    "concerns",
    "governors",
    "exact",
    "reporting",
    "oversight",
    "staff",
]


class Viewer(NamedTuple):
    """The signed-in adult, as far as a page has to know."""

    id: int
    name: str
    roles: frozenset[str]
    rooms: frozenset[str]
    """Rooms this adult teaches in, at whatever time."""
    language: str | None = None
    answers_media: bool = False
    """The policy lets teachers answer for memory sticks, and this is one."""
    holds_key: bool = False
    """A governor whose key is on the signed list: reports about the head are sealed to them."""
    lab_rooms: frozenset[str] | None = None
    """Rooms whose lab they may open now: their own in lesson time, those they cover. None: their own."""

    @property
    def rooms_now(self) -> frozenset[str]:
        """Return the rooms whose lab they may open at this moment."""
        return self.rooms if self.lab_rooms is None else self.lab_rooms


OPEN_TO: dict[Page, frozenset[Role]] = {
    "lab": frozenset({"teacher"}),
    "reports": frozenset({"safeguarding", "head"}),
    "keys": frozenset({"safeguarding", "head", "governor"}),
    "devices": frozenset({"technician", "head"}),
    "problems": frozenset({"technician", "head"}),
    "media": frozenset({"technician", "head"}),
    "apps": frozenset({"technician", "head", "teacher"}),
    "policies": frozenset({"technician", "safeguarding", "head"}),
    "agreements": frozenset({"teacher", "technician", "safeguarding", "head"}),
    "people": frozenset({"teacher", "technician", "safeguarding", "head"}),
    "people-lists": frozenset({"technician", "head"}),
    "people-right": frozenset({"technician", "safeguarding", "head"}),
    "people-whole": frozenset({"safeguarding", "head"}),
    "people-access": frozenset({"technician", "safeguarding", "head"}),
    "arrangements": frozenset({"specialist", "safeguarding", "head"}),
    "limits": frozenset({"teacher", "safeguarding", "head"}),
    "lessons": frozenset({"teacher", "safeguarding", "head"}),
    "countersign": frozenset({"safeguarding", "head"}),
    "governors": frozenset({"governor", "head", "safeguarding"}),
    "concerns": frozenset(ROLES),
    "exact": frozenset({"safeguarding", "head"}),
    "reporting": frozenset({"technician", "safeguarding", "head"}),
    "oversight": frozenset({"safeguarding", "head"}),
    "staff": frozenset({"technician", "head"}),
}
"""In the order of the navigation. What Reports opens of a case is decided again, by who holds a key to it."""

UNDER: dict[Page, str] = {
    "keys": "/reports/keys",
    "exact": "/governors/exact",
    "reporting": "/reporting",
    "people-lists": "/people/import",
    "people-right": "/people/{person}/correct",
    "people-whole": "/people/{person}/export",
    "people-access": "/people/access",
    "limits": "/limits",
    "lessons": "/lessons",
    "countersign": "/countersign",
}
"""Pages that stand under another one and are not in the navigation, with their address."""

ICONS: dict[Page, str] = {
    "lab": "front",
    "reports": "seal",
    "keys": "key",
    "devices": "laptop",
    "problems": "odd",
    "media": "stick",
    "apps": "list",
    "policies": "sliders",
    "agreements": "sheet",
    "people": "people",
    "people-lists": "list",
    "people-right": "person",
    "people-whole": "person",
    "people-access": "list",
    "arrangements": "heart",
    "limits": "clock",
    "lessons": "book",
    "countersign": "check",
    "concerns": "chat",
    "governors": "chart",
    "exact": "chart",
    "reporting": "sliders",
    "oversight": "eye",
    "staff": "key",
}

BESIDE: tuple[Page, ...] = ("agreements", "arrangements", "limits", "lessons", "countersign")
"""Pages about people that stand beside one another."""

SEES_WHOLE_SCHOOL: frozenset[Role] = frozenset({"technician", "safeguarding", "head"})
"""On the register; a teacher alone sees the people of their own rooms (R67)."""

HEARS_EVERY_CALL: frozenset[Role] = frozenset({"safeguarding", "head"})
"""Told of calls for help from every room; a teacher is told of those from their own."""

MAY_GRANT: dict[Role, frozenset[Role]] = {
    "head": frozenset(ROLES),
    "technician": frozenset({"teacher", "technician"}),
}
"""A technician cannot make anybody, themselves included, a safeguarding lead or a head."""


def may_open(viewer: Viewer, page: Page) -> bool:
    """
    Say whether one of this adult's offices opens the page.

    Media also opens to teachers who may answer; Reports to a governor who holds a key, as the one who reads
    reports about the head.
    """
    if viewer.roles & OPEN_TO[page]:
        return True
    if page == "media":
        return viewer.answers_media
    return page == "reports" and viewer.holds_key


def media_rooms(viewer: Viewer) -> frozenset[str] | None:
    """Return the rooms whose memory sticks this adult sees, those they cover too; None is every room."""
    return None if viewer.roles & OPEN_TO["media"] else viewer.rooms | viewer.rooms_now


def history_rooms(viewer: Viewer) -> frozenset[str] | None:
    """Return the rooms whose sticks of the past this adult sees: a cover opens the present alone."""
    return None if viewer.roles & OPEN_TO["media"] else viewer.rooms


def may_see_room(viewer: Viewer, room: str) -> bool:
    """Say whether this adult may look into this lab now: a teacher, in their own time, or as cover."""
    return may_open(viewer, "lab") and room in viewer.rooms_now


def rooms_heard(viewer: Viewer) -> frozenset[str] | None:
    """Return the rooms whose calls for help this adult is told of; None is every room."""
    if viewer.roles & HEARS_EVERY_CALL:
        return None
    return viewer.rooms | viewer.rooms_now if may_open(viewer, "lab") else frozenset()


def may_hear_help(viewer: Viewer, room: str) -> bool:
    """Say whether this adult is told of a call from this room, and may say that somebody went."""
    rooms = rooms_heard(viewer)
    return rooms is None or room in rooms


def beside(viewer: Viewer) -> list[tuple[Page, str]]:
    """Return the pages about people that are open to this adult, each with its address."""
    return [(page, UNDER.get(page, f"/{page}")) for page in BESIDE if may_open(viewer, page)]


def pages_of(viewer: Viewer) -> list[Page]:
    """Return the pages this adult finds in the navigation; the first is where they begin."""
    return [page for page in OPEN_TO if page not in UNDER and may_open(viewer, page)]


def may_grant(viewer: Viewer, wanted: frozenset[str], held: frozenset[str] = frozenset()) -> bool:
    """Say whether this adult may turn the roles `held` of somebody into `wanted`."""
    grantable: set[str] = set()
    for role, allowed in MAY_GRANT.items():
        if role in viewer.roles:
            grantable |= allowed
    return bool(grantable) and wanted <= grantable and held <= grantable
