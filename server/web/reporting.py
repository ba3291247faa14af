"""Reporting: how "Something's wrong" is set up here, what is missing, when numbers were last rung."""

from datetime import UTC, date, datetime

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy import Connection

from server import officer_lists, publishing, state
from server.web import common, safeguarding_view
from server.web.common import Asked


@get("/reporting", guards=[common.opens("reporting")], sync_to_thread=True)
def show_reporting(request: Asked) -> Response[str]:
    """Show the settings in force and the steps that are still to be done, in their order."""
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
    }
    return common.show(request, "reporting.html", "reporting", context)


@post("/reporting/checked", guards=[common.opens("reporting")], status_code=303, sync_to_thread=True)
def note_checked(request: Asked) -> Redirect:
    """Write that somebody rang every number today; laptops get it as a policy of its own."""
    today = datetime.now(UTC).astimezone().date()
    with state.of(request).db.write() as connection:
        if common.policy_facts(connection).report.helplines:
            _change(request, connection, "every helpline was tried", helplines_checked=today)
    return common.go("/reporting")


@post("/reporting/switch", guards=[common.opens("reporting")], status_code=303, sync_to_thread=True)
def switch(request: Asked, data: common.Form) -> Redirect:
    """Switch reporting on, which needs a list of officers, or off."""
    on = common.text_of(data, "on", 3) == "on"
    with state.of(request).db.write() as connection:
        facts = common.policy_facts(connection)
        may = not on or safeguarding_view.readiness(connection, facts).listed > 0
        if may and facts.report.enabled != on:
            reason = "reporting is switched on" if on else "reporting is switched off"
            _change(request, connection, reason, enabled=on)
    return common.go("/reporting")


def _change(request: Asked, connection: Connection, reason: str, **changes: object) -> None:
    """Publish the policy with these settings of reports changed, under the name of who asked."""
    before = publishing.current(connection)
    if before is None:
        return
    settings = before.body.settings
    report = msgspec.structs.replace(settings.report, **changes)
    publishing.publish(
        connection,
        school=before.body.school,
        settings=msgspec.structs.replace(settings, report=report),
        tiers=tuple(agreement.tier for agreement in before.body.agreements),
        profile=before.profile,
        by=common.must_view(request).name,
        now=datetime.now(UTC),
        reason=reason,
    )


ROUTES = [show_reporting, note_checked, switch]
