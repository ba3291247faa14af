"""One's own account: password, second step, where one is signed in, tokens for programs, language."""

from typing import Any

import segno
from litestar import Response, get, post
from litestar.response import Redirect
from markupsafe import Markup

from policies.settings import LANGUAGES
from server import (
    access,
    accounts,
    api_tokens,
    break_glass,
    second_steps,
    sessions,
    sign_in_events,
    signing_in,
    state,
)
from server.accounts import Staff
from server.errors import Invalid
from server.signing_in import SignInRefused
from server.web import common, render, sign_in
from server.web.common import Asked
from server.web.words import LANGUAGE_NAMES

_OURS = [access.require()]
TOKEN_DAYS = (7, 30, 90, 365)
Page = Response[str]


def _account_page(request: Asked, context: dict[str, Any], status: int = 200) -> Page:
    """Return the page; `problems` name the field they belong to."""
    here, now = state.of(request), state.utc_now()
    staff, session = access.signed_in(request), access.current_session(request)
    assert session is not None
    with here.db.read() as db:
        filled: dict[str, Any] = {
            "staff": staff,
            "open": sessions.list_sessions(db, staff.id, now),
            "mine": session.token_hash,
            "step_since": second_steps.set_at(db).get(staff.id),
            "codes_left": second_steps.codes_left(db, staff.id),
            "must_step": bool(staff.roles & set(here.sign_in.now().second_step_for)),
            "has_password": accounts.has_password(db, staff.id),
            "sealed": break_glass.is_break_glass(db, staff.id),
            "tokens": api_tokens.list_tokens(db, staff.id, now),
            "events": sign_in_events.list_events(
                db, since=now - sign_in_events.RECENT, staff_id=staff.id, most=12
            ),
        }
    problems = context.get("problems", [])
    filled |= {
        "token_days": TOKEN_DAYS,
        "language_names": [(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        "token_made": "",
        "said": request.query_params.get("said", "")[:20],
        "problems": problems,
        "wrong": dict(problems),
    }
    return common.show(request, "account.html", "account", {**filled, **context}, status)


@get("/account", guards=_OURS, sync_to_thread=True)
def show_account(request: Asked) -> Page:
    """Show one's own account."""
    return _account_page(request, {})


# ---- password ----


def _password_page(request: Asked, problems: list[tuple[str, str]], status: int = 200) -> Page:
    staff, session = access.signed_in(request), access.current_session(request)
    with state.of(request).db.read() as db:
        has_password = accounts.has_password(db, staff.id)
    context = {
        "staff": staff,
        "problems": problems,
        "wrong": dict(problems),
        "has_password": has_password,
        "known": session is not None and session.password_known,
        "least": accounts.MIN_PASSWORD_LENGTH,
    }
    return common.show(request, "account_password.html", "account", context, status)


@get("/account/password", guards=_OURS, sync_to_thread=True)
def show_password(request: Asked) -> Page:
    """Ask for the old and a new password."""
    return _password_page(request, [])


@post("/account/password", guards=_OURS, sync_to_thread=True, status_code=200)
def change_password(request: Asked, data: common.Form) -> Page | Redirect:
    """Change the password; every other session ends."""
    staff, words = access.signed_in(request), render.words_of(request, common.must_view(request))
    new = _secret(data, "new")
    with state.of(request).db.read() as db:
        sealed = break_glass.is_break_glass(db, staff.id)
    if sealed:
        said = words.say("The head seals this account anew; its password is not changed here.")
        return _password_page(request, [("new", said)], 400)
    problem = password_problem(staff.name, new, words)
    if problem:
        return _password_page(request, [("new", problem)], 400)
    try:
        signing_in.confirm_again(request, _secret(data, "password"))
    except SignInRefused as refused:
        said, status = again_in_words(request, refused)
        return _password_page(request, [("password", said)], status)
    if new == _secret(data, "password"):
        return _password_page(request, [("new", words.say("Choose another one than before."))], 400)
    with state.of(request).db.write() as db:
        accounts.set_password(db, staff.name, new)
    return _on(signing_in.start_again(request, staff), "password")


@post("/account/known", guards=_OURS, sync_to_thread=True, status_code=303)
def password_known(request: Asked) -> Redirect:
    """Somebody knows the password: end every other session and token, and have a new one set at once."""
    staff, session, now = access.signed_in(request), access.current_session(request), state.utc_now()
    assert session is not None
    with state.of(request).db.write() as db:
        sessions.close_all(db, staff.id, keep=session.token_hash)
        api_tokens.end_all(db, staff)
        sessions.say_password_known(db, staff.id, now)
        sign_in_events.write(db, at=now, staff_id=staff.id, name=staff.display_name, what="password-known")
    return common.go("/account/password")


# ---- second step ----


def _step_page(request: Asked, context: dict[str, Any], status: int = 200) -> Page:
    here, staff = state.of(request), access.signed_in(request)
    with here.db.read() as db:
        secret = second_steps.pending(db, here.sign_in_key, staff.id)
        is_set = second_steps.is_set(db, staff.id)
        has_password = accounts.has_password(db, staff.id)
    must = bool(staff.roles & set(here.sign_in.now().second_step_for)) and not is_set
    picture = Markup()
    if secret:
        address = second_steps.address_of(secret, staff.name, common.school_name(request))
        drawn = segno.make(address, error="m", micro=False)
        picture = Markup(  # noqa: S704 - drawn by us, of letters that are escaped in it
            drawn.svg_inline(scale=5, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None)
        )
    problems = context.get("problems", [])
    filled = {
        "staff": staff,
        "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)) if secret else "",
        "picture": picture,
        "is_set": is_set,
        "must": must,
        "has_password": has_password,
        "problems": problems,
        "wrong": dict(problems),
        **context,
    }
    return common.show(request, "account_step.html", "account", filled, status)


def _codes_page(request: Asked, codes: list[str]) -> Page:
    """Show recovery codes, this once."""
    staff = access.signed_in(request)
    return common.show(request, "account_codes.html", "account", {"staff": staff, "codes": codes})


@get("/account/second-step", guards=_OURS, sync_to_thread=True)
def show_step(request: Asked) -> Page:
    """Show how to set the second step, or the picture to scan once it was begun."""
    return _step_page(request, {})


@post("/account/second-step/begin", guards=_OURS, sync_to_thread=True, status_code=200)
def begin_step(request: Asked, data: common.Form) -> Page | Redirect:
    """Make a fresh secret for an authenticator, after the password was given again."""
    here = state.of(request)
    try:
        staff = _prove(request, data)
    except SignInRefused as refused:
        said, status = again_in_words(request, refused)
        return _step_page(request, {"problems": [("password", said)]}, status)
    try:
        with here.db.write() as db:
            second_steps.begin(db, here.sign_in_key, staff.id, state.utc_now())
    except Invalid:
        return common.go("/account")
    return common.go("/account/second-step")


@post("/account/second-step", guards=_OURS, sync_to_thread=True, status_code=200)
def confirm_step(request: Asked, data: common.Form) -> Page:
    """Switch the second step on with the first code, and show the recovery codes."""
    here, staff, now = state.of(request), access.signed_in(request), state.utc_now()
    words = render.words_of(request, common.must_view(request))
    with here.db.write() as db:
        codes = second_steps.confirm(db, here.sign_in_key, staff.id, common.text_of(data, "code", 20), now)
        if codes is not None:
            sign_in_events.write(
                db, at=now, staff_id=staff.id, name=staff.display_name, what="second-step-set"
            )
    if codes is None:
        said = words.say("This is not the code the authenticator shows now. Is the phone on time?")
        return _step_page(request, {"problems": [("code", said)]}, 400)
    return _codes_page(request, codes)


@post("/account/second-step/remove", guards=_OURS, sync_to_thread=True, status_code=200)
def remove_step(request: Asked, data: common.Form) -> Page | Redirect:
    """Take the second step away, after the password was given again."""
    here = state.of(request)
    try:
        staff = signing_in.confirm_again(request, _secret(data, "step-password"))
    except SignInRefused as refused:
        said, status = again_in_words(request, refused)
        return _account_page(request, {"problems": [("step-password", said)]}, status)
    with here.db.write() as db:
        second_steps.remove(db, staff.id)
        now = state.utc_now()
        sign_in_events.write(
            db, at=now, staff_id=staff.id, name=staff.display_name, what="second-step-removed"
        )
    return common.go("/account?said=step")


@post("/account/codes", guards=_OURS, sync_to_thread=True, status_code=200)
def new_codes(request: Asked, data: common.Form) -> Page | Redirect:
    """Make new recovery codes, after the password was given again; those before count no more."""
    here = state.of(request)
    try:
        staff = signing_in.confirm_again(request, _secret(data, "step-password"))
    except SignInRefused as refused:
        said, status = again_in_words(request, refused)
        return _account_page(request, {"problems": [("step-password", said)]}, status)
    with here.db.write() as db:
        if not second_steps.is_set(db, staff.id):
            return common.go("/account/second-step")
        codes = second_steps.new_codes(db, here.sign_in_key, staff.id, state.utc_now())
    return _codes_page(request, codes)


# ---- sessions, tokens, language ----


@post("/account/sessions/{session:str}/end", guards=_OURS, sync_to_thread=True, status_code=303)
def end_session(request: Asked, session: str) -> Redirect:
    """End one of one's own sessions."""
    staff = access.signed_in(request)
    with state.of(request).db.write() as db:
        sessions.close_one(db, staff.id, session)
    return common.go("/account?said=session")


@post("/account/sessions/end", guards=_OURS, sync_to_thread=True, status_code=303)
def end_others(request: Asked) -> Redirect:
    """End all of one's own sessions but this one."""
    staff, session = access.signed_in(request), access.current_session(request)
    assert session is not None
    with state.of(request).db.write() as db:
        sessions.close_all(db, staff.id, keep=session.token_hash)
    return common.go("/account?said=session")


@post("/account/tokens", guards=_OURS, sync_to_thread=True, status_code=200)
def make_token(request: Asked, data: common.Form) -> Page:
    """Make a token for a program and show it, this once."""
    here, words = state.of(request), render.words_of(request, common.must_view(request))
    try:
        staff = signing_in.confirm_again(request, _secret(data, "token-password"))
    except SignInRefused as refused:
        said, status = again_in_words(request, refused)
        return _account_page(request, {"problems": [("token-password", said)]}, status)
    days = common.text_of(data, "days", 4)
    try:
        with here.db.write() as db:
            token = api_tokens.make(
                db,
                staff,
                name=common.text_of(data, "token_name", 80),
                days=int(days) if days.isascii() and days.isdigit() else 30,
                read_only=common.text_of(data, "scope") != "write",
                now=state.utc_now(),
            )
    except Invalid:
        said = words.say("Name the program it is for; at most 20 tokens, of at most 400 days.")
        return _account_page(request, {"problems": [("token_name", said)]}, 400)
    return _account_page(request, {"token_made": token})


@post("/account/tokens/{token:int}/end", guards=_OURS, sync_to_thread=True, status_code=303)
def end_token(request: Asked, token: int) -> Redirect:
    """End a token of one's own."""
    with state.of(request).db.write() as db:
        api_tokens.end(db, access.signed_in(request), token, state.utc_now())
    return common.go("/account?said=token")


@post("/account/language", guards=_OURS, sync_to_thread=True, status_code=303)
def set_language(request: Asked, data: common.Form) -> Redirect:
    """Choose the language these pages begin in, in every browser."""
    language = common.text_of(data, "language", 8)
    if language not in LANGUAGES:
        return common.go("/account")
    return common.go(f"/account?lang={language}&said=language")


def password_problem(name: str, new: str, words: Any) -> str:
    """Return why a password is too weak, in the reader's words; empty if it is strong enough."""
    try:
        accounts.check_password(name, new)
    except Invalid:
        return str(
            words.say(
                "Choose at least %(n)s characters, not your name. A short sentence is good.",
                n=accounts.MIN_PASSWORD_LENGTH,
            )
        )
    return ""


def again_in_words(request: Asked, refused: SignInRefused) -> tuple[str, int]:
    """Return why somebody did not prove who they are, and the answer's status."""
    words = render.words_of(request, common.must_view(request))
    if refused.kind == "wrong":
        return words.say("This is not your password."), 400
    if refused.kind == "over":
        return words.say("Sign out and in again, then do this within ten minutes."), 400
    return sign_in.refusal_in_words(request, refused)


def _prove(request: Asked, data: dict[str, Any]) -> Staff:
    """Return who is signed in, proven: fresh from signing in, or by the password."""
    session = access.current_session(request)
    if session is not None and state.utc_now() - session.created_at <= sessions.FRESH:
        return access.signed_in(request)
    return signing_in.confirm_again(request, _secret(data, "password"))


def _secret(data: dict[str, Any], key: str) -> str:
    value = data.get(key, "")
    return value if isinstance(value, str) else ""


def _on(entered: signing_in.Entered, said: str) -> Redirect:
    return sign_in.enter(entered._replace(address=f"{entered.address}?said={said}"))


ROUTES = [
    show_account,
    show_password,
    change_password,
    password_known,
    show_step,
    begin_step,
    confirm_step,
    remove_step,
    new_codes,
    end_session,
    end_others,
    make_token,
    end_token,
    set_language,
]
