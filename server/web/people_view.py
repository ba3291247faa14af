"""What pages about people share: whom an adult may see, addresses, and the row of pages above them."""

from typing import Any
from urllib.parse import quote

from litestar.exceptions import NotFoundException
from sqlalchemy import Connection

from policies.settings import TIERS
from server import access
from server.listing import STATES, Wanted
from server.roster import store
from server.roster.entries import Known
from server.web import doors

_PAGES: tuple[tuple[str, str, doors.Page], ...] = (
    ("list", "/people", "people"),
    ("import", "/people/import", "people-lists"),
    ("orphans", "/people/orphans", "people-lists"),
    ("parents", "/people/parents", "people"),
    ("consents", "/people/consents", "people"),
    ("access", "/people/access", "people-access"),
    ("lessons", "/lessons", "lessons"),
    ("limits", "/limits", "limits"),
    ("countersign", "/countersign", "countersign"),
)


def shared(viewer: doors.Viewer, section: str) -> dict[str, Any]:
    """Return what every page about people needs to be drawn."""
    return {
        "sections": [(code, path) for code, path, page in _PAGES if doors.may_open(viewer, page)],
        "section": section,
        "address": address_of,
    }


def address_of(person: str, *more: str) -> str:
    """Return the address of a person's page, or of one below it; an id may hold a slash."""
    part = person.replace("~", "~~").replace("/", "~s")
    return "/people/" + "/".join([quote(part, safe=""), *more])


def id_of(part: str) -> str:
    """Return the id that stands in an address."""
    return "~".join(each.replace("~s", "/") for each in part.split("~~"))


def rooms_of(viewer: doors.Viewer) -> frozenset[str] | None:
    """Return the rooms whose people this adult sees; None is everybody."""
    return None if viewer.roles & doors.SEES_WHOLE_SCHOOL else viewer.rooms


def must_see(connection: Connection, viewer: doors.Viewer, part: str) -> Known:
    """
    Return the person of an address if this adult may look at them; raise NotAllowed or NotFoundException.

    A teacher is refused alike for somebody of another room and for nobody: who is listed is not told.
    """
    rooms = rooms_of(viewer)
    known = store.find_known(connection, id_of(part)[:200])
    if rooms is not None and (known is None or known.entry.room not in rooms):
        raise access.NotAllowed
    if known is None:
        raise NotFoundException
    return known


def read_wanted(query: dict[str, str]) -> Wanted:
    """Return the filter in an address; what makes no sense counts as not asked for."""
    page = query.get("page", "1")
    state = query.get("state", "here")
    return Wanted(
        q=query.get("q", "").strip()[:120],
        tier=query.get("tier", "") if query.get("tier") in TIERS else "",
        room=query.get("room", "").strip()[:80],
        year=query.get("year", "").strip()[:40],
        state=next((each for each in STATES if each == state), "here"),
        page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
    )


def names_of(connection: Connection, known: dict[str, Known] | None = None) -> dict[str, str]:
    """Return people's names with their ids, for sentences about a list."""
    everybody = known if known is not None else store.known_people(connection)
    return {who: f"{each.entry.display_name} ({who})" for who, each in everybody.items()}
