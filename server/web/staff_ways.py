"""How a colleague gets in, for those who look after accounts: invitation, second step, sessions, provider."""

from litestar import Response, get, post
from litestar.response import Redirect

from server import (
    access,
    break_glass,
    invitations,
    provider_links,
    second_steps,
    sessions,
    sign_in_events,
    state,
)
from server.errors import Invalid
from server.settings import laptop_address
from server.web import common, render, staff
from server.web.common import Asked

_OPENS = [common.opens("staff")]


def link_of(request: Asked, token: str) -> str:
    """Return an invitation's whole address, as this page was opened."""
    seen = request.headers.get("host", "")
    return laptop_address(state.of(request).config, seen) + invitations.path_of(token)


@post("/staff/{name:str}/invite", guards=_OPENS, sync_to_thread=True, status_code=200)
def invite(request: Asked, name: str) -> Response[str]:
    """Make an invitation link and show it, this once."""
    account, by = staff.changeable(request, name), common.must_view(request)
    with state.of(request).db.write() as db:
        token = invitations.invite(db, account, by=by.name, now=state.utc_now())
    return staff.one_page(request, account, {"link": link_of(request, token)})


@post("/staff/{name:str}/second-step/reset", guards=_OPENS, sync_to_thread=True, status_code=303)
def reset_step(request: Asked, name: str) -> Redirect:
    """Take a colleague's second step away: their phone is lost. Their sessions end."""
    account, by, now = staff.changeable(request, name), common.must_view(request), state.utc_now()
    with state.of(request).db.write() as db:
        second_steps.remove(db, account.id)
        sessions.close_all(db, account.id)
        sign_in_events.write(
            db, at=now, staff_id=account.id, name=account.display_name, what="second-step-reset", by=by.name
        )
    return common.go(f"/staff/{account.name}")


@post("/staff/{name:str}/sessions/end", guards=_OPENS, sync_to_thread=True, status_code=303)
def end_sessions(request: Asked, name: str) -> Redirect:
    """End every session of a colleague."""
    account, by, now = staff.changeable(request, name), common.must_view(request), state.utc_now()
    with state.of(request).db.write() as db:
        sessions.close_all(db, account.id)
        sign_in_events.write(
            db, at=now, staff_id=account.id, name=account.display_name, what="sessions-ended", by=by.name
        )
    return common.go(f"/staff/{account.name}")


@post("/staff/{name:str}/provider", guards=_OPENS, sync_to_thread=True, status_code=200)
def link_provider(request: Asked, data: common.Form, name: str) -> Response[str] | Redirect:
    """Link a colleague with their account at the school's provider, by its verified e-mail address."""
    account, by = staff.changeable(request, name), common.must_view(request)
    provider = state.of(request).sign_in.now().provider
    words = render.words_of(request, by)
    if provider is None:
        return common.go(f"/staff/{account.name}")
    try:
        with state.of(request).db.write() as db:
            provider_links.link(
                db,
                account,
                issuer=provider.issuer,
                email=common.text_of(data, "email", 254),
                by=by.name,
                now=state.utc_now(),
            )
    except Invalid:
        said = words.say(
            "Write the e-mail address of their school account; each leads to one colleague only."
        )
        return staff.one_page(request, account, {"problems": [("email", said)]}, 400)
    return common.go(f"/staff/{account.name}")


@post("/staff/{name:str}/provider/remove", guards=_OPENS, sync_to_thread=True, status_code=303)
def unlink_provider(request: Asked, name: str) -> Redirect:
    """End a colleague's links with the provider."""
    account, by = staff.changeable(request, name), common.must_view(request)
    with state.of(request).db.write() as db:
        provider_links.unlink(db, account, by=by.name, now=state.utc_now())
    return common.go(f"/staff/{account.name}")


# ---- break-glass: the head's ----


def _head(request: Asked) -> None:
    if "head" not in common.must_view(request).roles:
        raise access.NotAllowed


def _sealed_page(request: Asked, made: tuple[str, str] | None = None) -> Response[str]:
    with state.of(request).db.read() as db:
        sealed = break_glass.status(db)
    context = {"sealed": sealed, "made": made, "address": link_of(request, "").split("/invitation/")[0]}
    return common.show(request, "break_glass.html", "staff", context)


@get("/staff/break-glass", guards=_OPENS, sync_to_thread=True)
def show_break_glass(request: Asked) -> Response[str]:
    """Show how the break-glass account stands."""
    _head(request)
    return _sealed_page(request)


@post("/staff/break-glass", guards=_OPENS, sync_to_thread=True, status_code=200)
def seal_break_glass(request: Asked) -> Response[str]:
    """Give it a new password and show it, this once, to be printed and sealed."""
    _head(request)
    password = staff.make_password()
    with state.of(request).db.write() as db:
        name = break_glass.seal(db, password, by=common.must_view(request).name, now=state.utc_now())
    return _sealed_page(request, (name, password))


ROUTES = [
    invite,
    reset_step,
    end_sessions,
    link_provider,
    unlink_provider,
    show_break_glass,
    seal_break_glass,
]
