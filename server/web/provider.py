"""Signing in with the school account: to its provider, and back."""

import logging
import re

from litestar import Response, get
from litestar.datastructures import Cookie
from litestar.response import Redirect

from server import provider_flows, provider_links, signing_in, state
from server.providers import Client, ProviderRefused
from server.web import common, render, sign_in
from server.web.common import Asked

FLOW_COOKIE = "__Host-gatepost-flow"
BACK = "/sign-in/provider/back"
_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,255}")
log = logging.getLogger(__name__)
_clients: dict[object, Client] = {}
"""By their settings: one provider at a time, and a changed one is asked anew."""


def _client(request: Asked) -> Client | None:
    settings = state.of(request).sign_in.now().provider
    if settings is None:
        return None
    if settings not in _clients:
        _clients.clear()
        _clients[settings] = Client(settings)
    return _clients[settings]


def _back(request: Asked) -> str:
    """Return the address the provider sends people back to: this server, as this browser calls it."""
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        raise ProviderRefused("wrong", "no host")
    return f"https://{host}{BACK}"


def _refused(request: Asked, kind: str, status: int = 400) -> Response[str]:
    words = render.words_of(request)
    said = {
        "silent": words.say("The school account does not answer. Use your password, or try again later."),
        "denied": words.say("The school account did not let you in."),
        "over": words.say("That was too long ago or was used already. Begin again."),
        "nobody": words.say(
            "Your school account is not linked with an account here. Ask the technician to link it."
        ),
        "busy": words.say("Too many people sign in at this moment. Try again in a minute."),
        "wrong": words.say(
            "The school account's answer does not hold. Begin again; if it stays so, tell the technician."
        ),
    }[kind]
    answer = sign_in.sign_in_page(request, {"problems": [("", said)]}, status)
    answer.set_cookie(_cookie("", 0))
    return answer


@get("/sign-in/provider", sync_to_thread=True)
def to_provider(request: Asked) -> Response[str] | Redirect:
    """Send this browser to the provider, with what only it can bring back."""
    client = _client(request)
    if client is None:
        return common.go("/sign-in")
    try:
        begun = client.begin(_back(request))
    except ProviderRefused as refused:
        log.warning("the provider cannot be asked", extra={"why": str(refused)[:200]})
        return _refused(request, refused.kind, 503 if refused.kind == "silent" else 400)
    with state.of(request).db.write() as db:
        mark = provider_flows.keep(
            db,
            state=begun.state,
            nonce=begun.nonce,
            verifier=begun.verifier,
            wanted=sign_in.local_address(request.query_params.get("next", "/")),
            now=state.utc_now(),
        )
    if mark is None:
        return _refused(request, "busy", 503)
    answer = common.go(begun.address)
    answer.set_cookie(_cookie(mark, int(provider_flows.SERVES.total_seconds())))
    return answer


@get(BACK, sync_to_thread=True)
def back(request: Asked) -> Response[str] | Redirect:
    """Take whom the provider sends back, if its answer holds and a colleague's account is linked with it."""
    client, asked = _client(request), request.query_params
    if client is None:
        return common.go("/sign-in")
    now, mark = state.utc_now(), request.cookies.get(FLOW_COOKIE, "")
    with state.of(request).db.write() as db:
        flow = provider_flows.take(db, state=asked.get("state", "")[:200], mark=mark[:200], now=now)
    if flow is None:
        return _refused(request, "over")
    if asked.get("error") or not asked.get("code"):
        return _refused(request, "denied")
    try:
        who = client.finish(
            _back(request),
            code=asked["code"][:4000],
            verifier=flow.verifier,
            nonce=flow.nonce,
            issuer=asked.get("iss"),
            now=now,
        )
    except ProviderRefused as refused:
        log.warning("a sign-in by the provider was refused", extra={"why": str(refused)[:200]})
        return _refused(request, refused.kind, 503 if refused.kind == "silent" else 400)
    with state.of(request).db.write() as db:
        account = provider_links.find(
            db, issuer=who.issuer, subject=who.subject, verified_email=who.verified_email, now=now
        )
    if account is None:
        return _refused(request, "nobody", 403)
    answer = sign_in.enter(signing_in.enter(request, account, "provider", flow.wanted))
    answer.set_cookie(_cookie("", 0))
    return answer


def _cookie(value: str, max_age_seconds: int) -> Cookie:
    return Cookie(
        key=FLOW_COOKIE,
        value=value,
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
        max_age=max_age_seconds,
    )


ROUTES = [to_provider, back]
