"""Who approved the settings and when they are looked at again: what governors see of them (R81)."""

from datetime import date
from typing import Any

from litestar import Response, get
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from server import access, policy_store, state
from server.web import common, doors, policy_view
from server.web.common import Asked


def _guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Let in whoever opens Policies, and governors, who see no setting here."""
    viewer = common.must_view(connection)
    if not (doors.may_open(viewer, "policies") or "governor" in viewer.roles):
        raise access.NotAllowed


@get("/policies/review", guards=[_guard], sync_to_thread=True)
def show_review(request: Asked) -> Response[str]:
    """Show approval and review dates, and when settings last changed; nothing of what they are."""
    viewer = common.must_view(request)
    with state.of(request).db.read() as connection:
        current = policy_store.current_tree(connection)
        changed = [(each.at, each.by.name) for each in policy_store.list_revisions(connection, 12)]
    back = "policies" if doors.may_open(viewer, "policies") else "governors"
    context = {
        "review": policy_view.review_standing(current.tree.review, date.today()) if current else None,
        "approved_by": current.tree.review.approved_by if current else "",
        "approved_on": policy_view.day_of(current.tree.review.approved_on) if current else None,
        "changed": changed,
        "back": back,
    }
    return common.show(request, "policy_review.html", back, context)


ROUTES = [show_review]
