"""What an adult sees of one person's arrangement, limits, meeting and lesson: by office, reasons for few."""

from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from policies.windows import WEEKDAYS, Window
from server import access, state
from server.errors import NotFound
from server.individual import arranging, inducting, resigning, restricting
from server.individual.arranging import Wish
from server.individual.common import By
from server.individual.resigning import Resign
from server.individual.restricting import Limit
from server.roster import store
from server.roster.entries import Entry
from server.web import doors, labels, people_view, render
from server.web.common import Asked
from server.web.words import Words


class IndividualView(NamedTuple):
    """The part of a person's page that is about them alone."""

    person: str
    arranged: tuple[str, ...]
    """What is otherwise for them, in sentences, without why."""
    arranged_until: date | None
    arranges: bool
    """May open the arrangement with its reason."""
    limited: bool
    """Something keeps them from signing in as everybody does: all that a technician is told (0108)."""
    limit_words: tuple[str, ...]
    """Limits that hold, without why."""
    restricts: bool
    waits: Resign | None
    records_meeting: bool
    demands: bool
    is_pupil: bool
    lesson: date | None
    inducts: bool


def by_of(viewer: doors.Viewer) -> By:
    """Return the viewer as the one who does it."""
    return By(viewer.id, viewer.name, viewer.roles)


def person_address(person: str) -> str:
    """Return the address of a person's page."""
    return people_view.address_of(person)


def is_theirs(viewer: doors.Viewer, room: str) -> bool:
    """Say whether this adult is in charge of a person of that room: their teacher, or of the whole school."""
    return bool(viewer.roles & {"safeguarding", "head"}) or (
        "teacher" in viewer.roles and room in viewer.rooms
    )


def must_find(connection: Connection, person: str) -> Entry:
    """Return a person of the list, here or gone; raises NotFound."""
    known = store.find_known(connection, person[:200])
    if known is None:
        raise NotFound("there is no such person")
    return known.entry


def must_be_theirs(connection: Connection, viewer: doors.Viewer, person: str) -> Entry:
    """Return the person if this adult is in charge of them; raises NotAllowed, also where nobody is."""
    known = store.find_known(connection, person[:200])
    if known is None and viewer.roles & {"safeguarding", "head"}:
        raise NotFound("there is no such person")
    if known is None or not is_theirs(viewer, known.entry.room):
        raise access.NotAllowed
    return known.entry


def sections(request: Asked, viewer: doors.Viewer, person: str) -> IndividualView:
    """Return what this adult sees of a person they may look at."""
    words, now = render.words_of(request, viewer), datetime.now(UTC)
    with state.of(request).db.read() as connection:
        entry = must_find(connection, person)
        return view_of(connection, viewer, entry, words, now)


def view_of(
    connection: Connection, viewer: doors.Viewer, entry: Entry, words: Words, now: datetime
) -> IndividualView:
    """Return the same from what is held."""
    mine = is_theirs(viewer, entry.room)
    arranges = arranging.may_arrange(viewer.roles)
    arrangement = arranging.current_of(connection, entry.person, now.astimezone().date())
    shown = arrangement if arranges or mine else None
    limits = tuple(each for each in restricting.limits_of(connection, entry.person) if each.holds(now))
    waits = resigning.waiting_of(connection, entry.person)
    tier = (arrangement.wish.tier if arrangement else None) or entry.tier
    return IndividualView(
        person=entry.person,
        arranged=wish_words(words, shown.wish) if shown else (),
        arranged_until=shown.until_day if shown else None,
        arranges=arranges,
        limited=bool(limits) or waits is not None,
        limit_words=tuple(limit_words(words, each) for each in limits) if mine else (),
        restricts=restricting.may_restrict(viewer.roles),
        waits=waits if mine else None,
        records_meeting=mine,
        demands=bool(viewer.roles & resigning.MAY_DEMAND),
        is_pupil=tier in inducting.PUPILS,
        lesson=inducting.date_of(connection, entry.person),
        inducts=mine,
    )


def wish_words(words: Words, wish: Wish) -> tuple[str, ...]:
    """Return what is otherwise, one sentence each."""
    label, said = labels.bind(words), []
    if wish.tier is not None:
        said.append(words.say("Agreement and windows: %(tier)s", tier=label("tier", wish.tier)))
    if wish.language is not None:
        said.append(words.say("Language: %(language)s", language=label("language", wish.language)))
    if wish.idle_after_seconds is not None:
        span = words.span(wish.idle_after_seconds)
        said.append(words.say("The screen locks after %(span)s without use", span=span))
    if wish.answer_within_seconds is not None:
        span = words.span(wish.answer_within_seconds)
        said.append(words.say("%(span)s to answer at the gate", span=span))
    if wish.text_scale_percent != 100:
        said.append(words.say("Letters of %(percent)s", percent=words.percent(wish.text_scale_percent)))
    if wish.reads_aloud:
        said.append(words.say("The gate reads aloud by itself"))
    return tuple(said)


def limit_words(words: Words, limit: Limit) -> str:
    """Return one limit in a sentence, without why."""
    until = words.stamp(limit.until)
    if limit.only_in is None:
        return words.say("Not at all, until %(until)s", until=until)
    return words.say("Only %(hours)s, until %(until)s", hours=window_words(words, limit.only_in), until=until)


def window_words(words: Words, window: Window) -> str:
    """Return days and hours as people say them."""
    label = labels.bind(words)
    places = [place for place, day in enumerate(WEEKDAYS) if day in window.days]
    names = [label("day-name", WEEKDAYS[place]) for place in places]
    if len(places) > 2 and places[-1] - places[0] == len(places) - 1:
        days = words.say("%(first)s to %(last)s", first=names[0], last=names[-1])
    else:
        days = words.join(names)
    return words.say("%(days)s %(starts)s–%(ends)s", days=days, starts=window.starts, ends=window.ends)
