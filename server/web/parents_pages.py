"""Parents' copies (R12): who lacks one, the copy on paper, and the office's note that it was acknowledged."""

from datetime import UTC, date, datetime
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from policies.agreements import text_in
from policies.settings import LANGUAGES
from server import agreements, parents, publishing, state
from server.errors import Invalid
from server.web import common, labels, people_view, render
from server.web.common import Asked
from server.web.words import words_in

OPENS = [common.opens("people")]
MOST_ROWS = 2000


def _page(request: Asked, problem: str = "") -> Response[str]:
    viewer, rooms = common.must_view(request), people_view.rooms_of(common.must_view(request))
    asked = dict(request.query_params)
    with state.of(request).db.write() as connection:
        common.note_look(connection, viewer, "parents")
    with state.of(request).db.read() as connection:
        starts = common.policy_facts(connection).school_year_starts
        began = agreements.year_start(datetime.now().date(), starts)
        everybody = parents.standings(connection, began, rooms=rooms)
        published = publishing.current(connection)
    tiers = [each.tier for each in published.body.agreements] if published else []
    year, which = asked.get("year", "")[:40], asked.get("which", "lacking")
    years = sorted({each.year for each in everybody})
    found = [each for each in everybody if not year or each.year == year]
    if which != "all":
        found = [each for each in found if not each.counts]
    context = {
        **people_view.shared(viewer, "parents"),
        "everybody": everybody,
        "lacking": sum(not each.counts for each in everybody),
        "found": found[:MOST_ROWS],
        "more": max(0, len(found) - MOST_ROWS),
        "year": year,
        "years": years,
        "which": which,
        "tiers": [tier for tier in tiers if tier not in ("adult", "visitor")],
        "choices_of_language": LANGUAGES,
        "hows": parents.HOWS,
        "began": began,
        "problem": problem,
    }
    return common.show(request, "people_parents.html", "people", context, 400 if problem else 200)


@get("/people/parents", guards=OPENS, sync_to_thread=True)
def show_parents(request: Asked) -> Response[str]:
    """Show which pupils lack it, class by class."""
    return _page(request)


@post("/people/parents", guards=OPENS, sync_to_thread=True, status_code=200)
def record(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Write down for the ticked pupils that a parent acknowledged the copy."""
    viewer, now = common.must_view(request), datetime.now(UTC)
    words, rooms = render.words_of(request, viewer), people_view.rooms_of(viewer)
    ticked = [each for each in common.texts_of(data, "person") if each]
    if not ticked:
        return _page(request, words.say("Tick at least one pupil."))
    try:
        on = date.fromisoformat(common.text_of(data, "on"))
        with state.of(request).db.write() as connection:
            for person in ticked:
                if rooms is not None:
                    people_view.must_see(connection, viewer, person)
            parents.acknowledge(
                connection,
                ticked,
                on=on,
                how=common.text_of(data, "how"),
                by=viewer.name,
                staff=viewer.id,
                now=now,
            )
    except (Invalid, ValueError):
        return _page(request, words.say("Choose a day that is not after today, and how it was said."))
    return common.go(f"/people/parents?done={len(ticked)}")


@get("/people/parents/copy/{tier:str}", guards=OPENS, sync_to_thread=True)
def show_copy(request: Asked, tier: str) -> Response[str]:
    """Show the copy for parents: what their child is asked, that use is supervised, a place to sign."""
    viewer = common.must_view(request)
    in_language: Any = request.query_params.get("in", "")
    language = in_language if in_language in LANGUAGES else render.language_of(request, viewer.language)
    with state.of(request).db.read() as connection:
        versions = agreements.current_versions(connection)
        agreement = agreements.agreement_of(connection, tier, versions.get(tier, 0))
        contacts = common.policy_facts(connection).contacts
    if agreement is None or tier in ("adult", "visitor"):
        raise NotFoundException
    context = {
        **people_view.shared(viewer, "parents"),
        "agreement": agreement,
        "text": text_in(agreement, language),
        "contacts": contacts,
        "words": labels.bind(words_in(language)),
        "printed_on": words_in(language).date(datetime.now(UTC)),
        "languages_of_text": [text.language for text in agreement.texts],
    }
    return common.show(request, "people_parents_copy.html", "people", context)


@post("/people/{person:str}/parents/{number:int}/back", guards=OPENS, sync_to_thread=True, status_code=303)
def take_back(request: Asked, person: str, number: int) -> Redirect:
    """Cross out a line that was written by mistake."""
    viewer = common.must_view(request)
    with state.of(request).db.write() as connection:
        known = people_view.must_see(connection, viewer, person)
        if number not in {line.id for line in parents.lines_of(connection, known.entry.person)}:
            raise NotFoundException
        parents.take_back(connection, number, by=viewer.name, now=datetime.now(UTC))
    return common.go(people_view.address_of(known.entry.person))


ROUTES = [show_parents, record, show_copy, take_back]
