"""Reporting: how "Something's wrong" is set up here, what is missing, when numbers were last rung."""

from datetime import UTC, date, datetime

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect

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
    viewer, now = common.must_view(request), datetime.now(UTC)
    with state.of(request).db.write() as connection:
        before = publishing.current(connection)
        if before is not None and before.body.settings.report.helplines:
            settings = before.body.settings
            report = msgspec.structs.replace(settings.report, helplines_checked=now.astimezone().date())
            publishing.publish(
                connection,
                school=before.body.school,
                settings=msgspec.structs.replace(settings, report=report),
                tiers=tuple(agreement.tier for agreement in before.body.agreements),
                profile=before.profile,
                by=viewer.name,
                now=now,
                reason="every helpline was rung",
            )
    return common.go("/reporting")


ROUTES = [show_reporting, note_checked]
