"""Private arrangements (R5): who has one, and one person's with its reason."""

from datetime import UTC, date, datetime
from typing import Any, get_args

from litestar import Response, get, post
from litestar.response import Redirect

from policies.settings import LANGUAGES, TIERS, Language, Tier
from server import people, state
from server.errors import NotFound
from server.individual import arranging
from server.individual.arranging import Wish
from server.individual.common import Refused
from server.web import common, individual_view, labels, people_view, render
from server.web.common import Asked

SCALES = (100, 125, 150, 175, 200)
FIELDS = {"reason": "reason", "day": "until", "nothing": "tier", "value": "idle"}
"""Where a refusal's code points to."""


def address_of(person: str, what: str) -> str:
    """Return the address of a person's page about this."""
    return people_view.address_of(person, what)


def day_of(text: str) -> date | None:
    """Return the day a date field holds, or None."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def refusal(request: Asked, code: str, fields: dict[str, str]) -> list[tuple[str, str]]:
    """Return a refusal as a page shows it: the field it is about, and a sentence."""
    label = labels.bind(render.words_of(request, common.must_view(request)))
    return [(fields.get(code, ""), label("individual-refused", code))]


@get("/arrangements", guards=[common.opens("arrangements")], sync_to_thread=True)
def list_arrangements(request: Asked) -> Response[str]:
    """Show who has one and until when; and find anybody, to make one."""
    viewer, now = common.must_view(request), datetime.now(UTC)
    words, needle = render.words_of(request, viewer), request.query_params.get("q", "").strip()[:80]
    with state.of(request).db.write() as connection:
        common.note_look(connection, viewer, "arrangements")
        held = arranging.current(connection, now.astimezone().date())
        everybody = {each.person: each for each in people.list_people(connection)}
    names = {person: each.display_name for person, each in everybody.items()}
    rows = [
        (each.person, names[each.person], individual_view.wish_words(words, each.wish), each.until_day)
        for each in sorted(held, key=lambda each: each.until_day)
        if each.person in names
    ]
    folded = needle.casefold()
    found = [each for each in everybody.values() if folded and folded in each.display_name.casefold()][:20]
    context = {"rows": rows, "found": found, "needle": needle, "address": address_of}
    return common.show(request, "arrangements.html", "arrangements", context)


def _page(
    request: Asked, person: str, given: dict[str, Any], problems: list[tuple[str, str]], status: int = 200
) -> Response[str]:
    viewer, now = common.must_view(request), datetime.now(UTC)
    words = render.words_of(request, viewer)
    with state.of(request).db.write() as connection:
        entry = individual_view.must_find(connection, person)
        common.note_look(connection, viewer, "person", person=entry.person)
        history = arranging.history(connection, entry.person)
        current = arranging.current_of(connection, entry.person, now.astimezone().date())
    wish = current.wish if current else Wish()
    filled = {
        "tier": wish.tier or "",
        "language": wish.language or "",
        "idle": wish.idle_after_seconds // 60 if wish.idle_after_seconds else "",
        "answer": wish.answer_within_seconds // 60 if wish.answer_within_seconds else "",
        "scale": str(wish.text_scale_percent),
        "reads": "yes" if wish.reads_aloud else "",
        "until": "",
        "reason": "",
        **given,
    }
    context = {
        "entry": entry,
        "current": current,
        "arranged": individual_view.wish_words(words, wish),
        "history": [(each, individual_view.wish_words(words, each.wish)) for each in history],
        "given": filled,
        "problems": problems,
        "wrong": dict(problems),
        "today": now.astimezone().date(),
        "tiers": TIERS,
        "tongues": LANGUAGES,
        "scales": SCALES,
        "address": address_of(entry.person, "arrangement"),
    }
    return common.show(request, "arrangement.html", "arrangements", context, status)


@get("/people/{person:str}/arrangement", guards=[common.opens("arrangements")], sync_to_thread=True)
def show_arrangement(request: Asked, person: str) -> Response[str]:
    """Show one person's arrangement, its reason, and what was before."""
    person = people_view.id_of(person)
    return _page(request, person, {}, [])


def _minutes(text: str) -> int | None:
    """Return seconds of a field that holds minutes; empty is none, anything else is refused by -1."""
    if not text:
        return None
    return int(text) * 60 if text.isascii() and text.isdigit() and len(text) < 5 else -1


def read_wish(data: dict[str, Any]) -> Wish:
    """Return what a form wishes; what it cannot mean becomes a value that is refused."""
    tier, language = common.text_of(data, "tier"), common.text_of(data, "language")
    scale = common.text_of(data, "scale") or "100"
    known_tier: Tier | None = next((each for each in get_args(Tier) if each == tier), None)
    known_language: Language | None = next((each for each in get_args(Language) if each == language), None)
    return Wish(
        tier=known_tier,
        language=known_language,
        idle_after_seconds=_minutes(common.text_of(data, "idle")),
        answer_within_seconds=_minutes(common.text_of(data, "answer")),
        text_scale_percent=int(scale) if scale.isascii() and scale.isdigit() and len(scale) < 5 else -1,
        reads_aloud=common.text_of(data, "reads") == "yes",
    )


@post(
    "/people/{person:str}/arrangement",
    guards=[common.opens("arrangements")],
    sync_to_thread=True,
    status_code=200,
)
def set_arrangement(request: Asked, data: common.Form, person: str) -> Response[str] | Redirect:
    """Set it; the one before is replaced and stays in the history."""
    person = people_view.id_of(person)
    viewer, now = common.must_view(request), datetime.now(UTC)
    until = day_of(common.text_of(data, "until"))
    reason = common.text_of(data, "reason", 5000)
    try:
        with state.of(request).db.write() as connection:
            entry = individual_view.must_find(connection, person)
            if until is None:
                raise Refused("day", "no day")
            arranging.arrange(
                connection,
                entry.person,
                read_wish(data),
                until_day=until,
                reason=reason,
                by=individual_view.by_of(viewer),
                now=now,
            )
    except Refused as refused:
        names = ("tier", "language", "idle", "answer", "scale", "reads", "until")
        given = {name: common.text_of(data, name) for name in names} | {"reason": reason}
        return _page(request, person, given, refusal(request, refused.code, FIELDS), 400)
    state.of(request).notice_changes()
    return common.go(address_of(person, "arrangement"))


@post(
    "/people/{person:str}/arrangement/end",
    guards=[common.opens("arrangements")],
    sync_to_thread=True,
    status_code=200,
)
def end_arrangement(request: Asked, data: common.Form, person: str) -> Response[str] | Redirect:
    """End it before its day."""
    person = people_view.id_of(person)
    viewer = common.must_view(request)
    try:
        with state.of(request).db.write() as connection:
            entry = individual_view.must_find(connection, person)
            arranging.end(
                connection,
                entry.person,
                reason=common.text_of(data, "why", 5000),
                by=individual_view.by_of(viewer),
                now=datetime.now(UTC),
            )
    except Refused as refused:
        return _page(request, person, {}, refusal(request, refused.code, {"reason": "why"}), 400)
    except NotFound:
        individual = refusal(request, "ended", {})
        return _page(request, person, {}, individual, 400)
    state.of(request).notice_changes()
    return common.go(address_of(person, "arrangement"))


ROUTES = [list_arrangements, show_arrangement, set_arrangement, end_arrangement]
