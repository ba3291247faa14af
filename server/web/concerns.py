"""Concerns: where every adult in school passes one on, complains, or blows the whistle (R48, R71).

And one page without sign-in, for pupils and parents: to whom a complaint goes.
"""

from litestar import Response, get

from policies.settings import Contact, Helpline
from server import state
from server.web import common, safeguarding_view
from server.web.common import Asked

WAYS = ("on-behalf", "accidental", "visitor", "private-contact")
"""What a staff report can be about; the form at /reports/write takes it as `what`."""


@get("/concerns", guards=[common.opens("concerns")], sync_to_thread=True)
def show_concerns(request: Asked) -> Response[str]:
    """Show every way there is for an adult of the school."""
    viewer = common.must_view(request)
    with state.of(request).db.read() as connection:
        facts = common.policy_facts(connection)
        ready = safeguarding_view.readiness(connection, facts)
    context = {
        "ways": WAYS,
        "on": ready.on,
        "contacts": facts.contacts,
        "helplines": _for_adults(facts.report.helplines),
        "agencies": facts.report.agencies,
        "stale": safeguarding_view.stale_for(viewer, facts),
        "checked": facts.report.helplines_checked,
    }
    return common.show(request, "concerns.html", "concerns", context)


def _for_adults(helplines: tuple[Helpline, ...]) -> list[Helpline]:
    return [line for line in helplines if {"adult", "visitor"} & set(line.tiers)]


@get("/complaints", sync_to_thread=True)
def show_complaints(request: Asked) -> Response[str]:
    """Say to whom pupils, parents and anybody else can complain; nobody has to sign in for it."""
    contacts: tuple[Contact, ...] = ()
    with state.of(request).db.read() as connection:
        facts = common.policy_facts(connection)
        contacts = facts.contacts
    context = {"contacts": contacts, "helplines": facts.report.helplines}
    return common.show(request, "complaints.html", "", context)


ROUTES = [show_concerns, show_complaints]
