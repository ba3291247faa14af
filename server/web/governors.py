"""Governors: the year in totals, with nobody in them (R64, R65); on paper as the pack."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy import Connection

from policies.settings import ReportSettings
from server import accounts, agreements, devices, masking, officers, pack, reviews, state
from server.errors import Invalid
from server.web import common, doors, plot, render
from server.web.common import Asked

OPENS = [common.opens("governors")]
YEARS_BACK = 5


def _limits(report: ReportSettings) -> dict[str, timedelta]:
    """Return within which time the school means to open a report, by urgency."""
    soon = timedelta(minutes=report.soon_minutes)
    return {"danger": timedelta(minutes=report.danger_minutes), "soon": soon, "when-you-can": soon}


def asked_year(query: dict[str, str], today: date, month_day: str) -> int:
    """Return the school year that the address asks for, by the calendar year it begins in."""
    newest = pack.year_of(today, month_day)
    wanted = query.get("year", "")
    if wanted.isascii() and wanted.isdigit() and newest - YEARS_BACK <= int(wanted[:6]) <= newest:
        return int(wanted)
    return newest


def _checks(connection: Connection, facts: common.PolicyFacts, today: date) -> dict[str, Any]:
    """Return what the school can show of its own checks: shares and dates, no laptop and nobody."""
    listed = devices.list_devices(connection, active_only=True)
    below = facts.report.mask_below
    working = sum(device.capabilities.get("lock") == "works" for device in listed)
    confirmed = sum(device.applied_number == device.assigned_number for device in listed)
    standing = agreements.tallies(connection, today, facts.school_year_starts)
    doubles = reviews.decide_overlaps(accounts.list_staff(connection))
    return {
        "laptops": len(listed),
        "lock": masking.share_of(working, len(listed), below),
        "policy": masking.share_of(confirmed, len(listed), below),
        "accepted": masking.share_of(standing.accepted, standing.people, below),
        "people": standing.people,
        "overlaps": len(doubles),
        "helplines_checked": facts.report.helplines_checked,
    }


def _figures(request: Asked) -> dict[str, Any]:
    viewer = common.must_view(request)
    now = datetime.now(UTC)
    today = now.astimezone().date()
    with state.of(request).db.read() as connection:
        facts = common.policy_facts(connection)
        begins = asked_year(dict(request.query_params), today, facts.school_year_starts)
        year = pack.school_year(begins, facts.school_year_starts)
        made = pack.make(
            connection, year, today.replace(day=1), _limits(facts.report), facts.report.mask_below
        )
        checks = _checks(connection, facts, today)
        entries = reviews.list_entries(connection, begins)
        until = min(year.until, today)
        since_at, until_at = pack.begin(year.since), now if until == today else pack.begin(until)
        signed = reviews.months_signed(connection, since_at, until_at)
    return {
        "pack": made,
        "counted_until": made.year.until,
        "drawn": {name: plot.draw(each) for name, each in made.plots.items() if each.shown},
        "begins": begins,
        "years": [pack.year_of(today, facts.school_year_starts) - back for back in range(YEARS_BACK)],
        "checks": checks,
        "entries": entries,
        "signed": signed,
        "months": max(1, (until.year - year.since.year) * 12 + until.month - year.since.month + 1),
        "below": facts.report.mask_below,
        "enters": doors.may_open(viewer, "exact"),
        "reporting": facts.report.enabled,
        "problems": [],
        "wrong": {},
        "given": {"kind": "lesson", "words": ""},
        "entry_kinds": reviews.ENTRY_KINDS,
        "holds_key": viewer.holds_key,
    }


@get("/governors", guards=OPENS, sync_to_thread=True)
def show_governors(request: Asked) -> Response[str]:
    """Show the year in totals."""
    return common.show(request, "governors.html", "governors", _figures(request))


@get("/governors/pack", guards=OPENS, sync_to_thread=True)
def show_pack(request: Asked) -> Response[str]:
    """Show the same as it goes on paper, with every table open."""
    return common.show(request, "governors_pack.html", "governors", _figures(request))


@get("/governors/exact", guards=[common.opens("exact")], sync_to_thread=True)
def show_exact(request: Asked) -> Response[str]:
    """Show an officer the counts of the reports that their own key opens, small ones too (R64)."""
    viewer = common.must_view(request)
    today = datetime.now(UTC).astimezone().date()
    with state.of(request).db.read() as connection:
        facts = common.policy_facts(connection)
        begins = asked_year(dict(request.query_params), today, facts.school_year_starts)
        year = pack.school_year(begins, facts.school_year_starts)
        held = officers.keys_ever_of(connection, viewer.id)
        facts_read = pack.read_facts(connection, year, readable_by=held)
        plots = pack.exact(facts_read, pack.year_groups(connection), year)
    context = {
        "plots": plots,
        "counted_until": today,
        "drawn": {name: plot.draw(each) for name, each in plots.items()},
        "year": year,
        "begins": begins,
        "any": any(cell for each in plots.values() for cell in each.cells.values()),
        "held": bool(held),
    }
    return common.show(request, "governors_exact.html", "governors", context)


@post("/governors/entries", guards=[common.opens("exact")], status_code=200, sync_to_thread=True)
def add_entry(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Enter one line for the pack; a listed person's name in it is refused."""
    viewer = common.must_view(request)
    words = render.words_of(request, viewer)
    given = {"kind": common.text_of(data, "kind", 20), "words": common.text_of(data, "words", 400)}
    house, today = state.of(request), datetime.now(UTC).astimezone().date()
    try:
        with house.db.write() as connection:
            reviews.add_entry(
                connection,
                year=pack.year_of(today, common.policy_facts(connection).school_year_starts),
                kind=given["kind"],
                words=given["words"],
                by=viewer.name,
                now=datetime.now(UTC),
            )
    except reviews.NamesSomebody as problem:
        said = words.say(
            "“%(name)s” is somebody on the school’s list. Write it without a name.", name=problem.name
        )
    except Invalid:
        said = words.say("Write one line of at most %(most)s letters.", most=reviews.MAX_WORDS)
    else:
        return common.go("/governors#entered")
    context = {**_figures(request), "problems": [("words", said)], "wrong": {"words": said}, "given": given}
    return common.show(request, "governors.html", "governors", context, 400)


ROUTES = [show_governors, show_pack, show_exact, add_entry]
