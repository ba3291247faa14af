"""Parents' consents to one app for their child (R24): who has one, the office's note, and taking it back."""

from datetime import UTC, date, datetime

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from policies.app_rules import key_of
from server import app_lists, consents, state
from server.errors import Invalid
from server.web import common, people_view, render
from server.web.common import Asked

OPENS = [common.opens("people")]
MOST_ROWS = 2000


def _page(request: Asked, problem: str = "") -> Response[str]:
    viewer, rooms = common.must_view(request), people_view.rooms_of(common.must_view(request))
    asked = dict(request.query_params)
    with state.of(request).db.write() as connection:
        common.note_look(connection, viewer, "consents")
    with state.of(request).db.read() as connection:
        needed = app_lists.facts(connection).consent
        everybody = consents.standings(connection, rooms=rooms)
    apps = list(dict.fromkeys([*needed, *sorted({app for each in everybody for app in each.apps})]))
    app = asked.get("app", "")[:120]
    app = app if app in apps else (apps[0] if apps else "")
    year, which = asked.get("year", "")[:40], asked.get("which", "all")
    has = {each.person for each in everybody if key_of(app) in map(key_of, each.apps)}
    found = [each for each in everybody if not year or each.year == year]
    if which == "lacking":
        found = [each for each in found if each.person not in has]
    context = {
        **people_view.shared(viewer, "consents"),
        "everybody": everybody,
        "apps": apps,
        "needed": needed,
        "app": app,
        "has": has,
        "found": found[:MOST_ROWS],
        "more": max(0, len(found) - MOST_ROWS),
        "year": year,
        "years": sorted({each.year for each in everybody}),
        "which": which,
        "hows": consents.HOWS,
        "problem": problem,
    }
    return common.show(request, "people_consents.html", "people", context, 400 if problem else 200)


def _part(person: str) -> str:
    """Return an id as it stands in an address."""
    return person.replace("~", "~~").replace("/", "~s")


@get("/people/consents", guards=OPENS, sync_to_thread=True)
def show_consents(request: Asked) -> Response[str]:
    """Show for one app whose parents consented, class by class."""
    return _page(request)


@post("/people/consents", guards=OPENS, sync_to_thread=True, status_code=200)
def record(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Write down for the ticked pupils that a parent consented to one app."""
    viewer, house = common.must_view(request), state.of(request)
    words, rooms = render.words_of(request, viewer), people_view.rooms_of(viewer)
    ticked = [each for each in common.texts_of(data, "person") if each]
    if not ticked:
        return _page(request, words.say("Tick at least one pupil."))
    try:
        with house.db.write() as connection:
            if rooms is not None:
                for person in ticked:
                    people_view.must_see(connection, viewer, _part(person))
            consents.give(
                connection,
                ticked,
                common.text_of(data, "app", 121),
                on=date.fromisoformat(common.text_of(data, "on")),
                how=common.text_of(data, "how"),
                by=viewer.name,
                staff=viewer.id,
                now=datetime.now(UTC),
            )
    except (Invalid, ValueError):
        problem = words.say("Name the app, choose a day that is not after today, and how it was said.")
        return _page(request, problem)
    house.notice_changes()
    return common.go(f"/people/consents?done={len(ticked)}")


@post("/people/{person:str}/consents/{number:int}/back", guards=OPENS, sync_to_thread=True, status_code=303)
def take_back(request: Asked, person: str, number: int, data: common.Form) -> Redirect:
    """End a consent: the parents took it back, or it was written by mistake."""
    viewer, house = common.must_view(request), state.of(request)
    reason = common.text_of(data, "reason", 200)
    with house.db.write() as connection:
        known = people_view.must_see(connection, viewer, person)
        if number not in {line.id for line in consents.lines_of(connection, known.entry.person)}:
            raise NotFoundException
        consents.take_back(
            connection, number, reason=reason or "taken back", by=viewer.name, now=datetime.now(UTC)
        )
    house.notice_changes()
    return common.go(people_view.address_of(known.entry.person))


ROUTES = [show_consents, record, take_back]
