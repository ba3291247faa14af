"""Reporting: how "Something's wrong" is set up here, what is missing, when numbers were last rung."""

from datetime import UTC, date, datetime

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy import Connection

from server import officer_lists, policy_store, proposing, state
from server.proposing import Proposal, ProposalRefused
from server.web import common, policy_common, safeguarding_view
from server.web.common import Asked


def _page(request: Asked, refused: str = "", risk: str = "") -> Response[str]:
    with state.of(request).db.read() as connection:
        facts = common.policy_facts(connection)
        ready = safeguarding_view.readiness(connection, facts)
        newest = officer_lists.newest(connection)
    listed = newest.listed if newest else None
    context = {
        "report": facts.report,
        "ready": ready,
        "officers": [who for who in listed.officers if who.role != "recovery"] if listed else [],
        "list_seq": listed.seq if listed else 0,
        "stale": safeguarding_view.is_stale(facts.report, date.today()),
        "contacts": facts.contacts,
        "refused": refused,
        "risk": risk,
    }
    return common.show(request, "reporting.html", "reporting", context, 409 if refused else 200)


@get("/reporting", guards=[common.opens("reporting")], sync_to_thread=True)
def show_reporting(request: Asked) -> Response[str]:
    """Show the settings in force and the steps that are still to be done, in their order."""
    return _page(request)


@post("/reporting/checked", guards=[common.opens("reporting")], status_code=200, sync_to_thread=True)
def note_checked(request: Asked) -> Response[str] | Redirect:
    """Write that somebody rang every number today; laptops get it as a policy of its own."""
    today = datetime.now(UTC).astimezone().date()
    return _change(request, "every helpline was tried", "", helplines_checked=today)


@post("/reporting/switch", guards=[common.opens("reporting")], status_code=200, sync_to_thread=True)
def switch(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Switch reporting on, which needs a list of officers; or propose to switch it off, which needs two."""
    on = common.text_of(data, "on", 3) == "on"
    reason = "reporting is switched on" if on else "reporting is switched off"
    return _change(request, reason, common.text_of(data, "risk", 2000), enabled=on)


def _change(request: Asked, reason: str, risk: str, **changes: object) -> Response[str] | Redirect:
    """Change these settings of reports like any others: a weakening waits for a second adult (R82)."""
    house = state.of(request)
    try:
        with house.db.write() as connection:
            made = _propose(request, connection, reason, risk, **changes)
    except ProposalRefused as problem:
        if problem.kind == "no-change":
            return common.go("/reporting")
        return _page(request, problem.kind, risk)
    if made is None:
        return common.go("/reporting")
    house.notice_changes()
    return common.go("/reporting" if made.state == "applied" else f"/policies/proposals/{made.number}")


def _propose(
    request: Asked, connection: Connection, reason: str, risk: str, **changes: object
) -> Proposal | None:
    newest = policy_store.current_tree(connection)
    facts = common.policy_facts(connection)
    no_list = changes.get("enabled") and not safeguarding_view.readiness(connection, facts).listed
    nothing_rung = "helplines_checked" in changes and not facts.report.helplines
    if newest is None or no_list or nothing_rung:
        return None
    settings = newest.tree.settings
    report = msgspec.structs.replace(settings.report, **changes)
    by, now = policy_common.author_of(request), datetime.now(UTC)
    made = proposing.propose(
        connection,
        msgspec.structs.replace(newest.tree, settings=msgspec.structs.replace(settings, report=report)),
        by=by,
        reason=reason,
        risk=risk,
        base=newest.number,
        now=now,
    )
    return proposing.apply(connection, made.number, by=by, now=now) if made.state == "ready" else made


ROUTES = [show_reporting, note_checked, switch]
