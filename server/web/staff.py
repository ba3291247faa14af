"""Staff: who may sign in, with which offices and rooms. A password is made here, shown once, kept nowhere."""

import secrets
from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from policies.settings import LANGUAGES
from server import access, accounts, devices, state
from server.errors import Invalid
from server.web import common, doors, render
from server.web.common import Asked
from server.web.words import LANGUAGE_NAMES, Words

_SYLLABLES = [first + vowel for first in "bdfgklmnprstvz" for vowel in "aeiou"]


def make_password() -> str:
    """Return a password of about 73 bits that can be read out across a staff room."""
    return "-".join("".join(secrets.choice(_SYLLABLES) for _ in range(3)) for _ in range(4))


def _grantable(viewer: doors.Viewer) -> list[str]:
    return [role for role in accounts.ROLES if doors.may_grant(viewer, frozenset({role}))]


def _rooms_in(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.replace("\n", ",").split(",") if part.strip()))


def _page(request: Asked, context: dict[str, Any], status: int = 200) -> Response[str]:
    viewer = common.must_view(request)
    with state.of(request).db.read() as connection:
        everybody = accounts.list_staff(connection)
        rooms = devices.list_rooms(connection)
    problems = context.get("problems", [])
    filled = {
        "everybody": everybody,
        "changeable": {one.name for one in everybody if _may_change(viewer, one)},
        "grantable": _grantable(viewer),
        "rooms": rooms,
        "language_names": [(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        "made": None,
        "problems": problems,
        "wrong": dict(problems),
        "given": {"name": "", "display_name": "", "roles": ["teacher"], "rooms": "", "language": "en"},
        **context,
    }
    return common.show(request, "staff.html", "staff", filled, status)


def _may_change(viewer: doors.Viewer, account: accounts.Staff) -> bool:
    return account.id != viewer.id and doors.may_grant(viewer, account.roles, account.roles)


def _changeable(request: Asked, name: str) -> accounts.Staff:
    """Return the account if this adult may change it; raise NotFound or NotAllowed."""
    viewer = common.must_view(request)
    with state.of(request).db.read() as connection:
        account = accounts.find_staff(connection, name)
    if not _may_change(viewer, account):
        raise access.NotAllowed
    return account


def _problems(words: Words, given: dict[str, Any], taken: bool) -> list[tuple[str, str]]:
    found = []
    name, shown = given["name"], given["display_name"]
    if not 2 <= len(name) <= 80 or not name.isprintable() or " " in name or "/" in name:
        found.append(
            ("name", words.say("Write a sign-in name of 2 to 80 characters, without a space or slash."))
        )
    elif taken:
        found.append(("name", words.say("This name has an account already. Choose another.")))
    if not 1 <= len(shown) <= 120 or not shown.isprintable():
        found.append(("display_name", words.say("Write the name as pupils know it, such as Ms Demir.")))
    if not given["roles"]:
        found.append(("role-teacher", words.say("Choose at least one office.")))
    try:
        for room in _rooms_in(given["rooms"]):
            devices.check_room(room)
    except Invalid:
        found.append(
            ("rooms", words.say("Write room names of 1 to 80 characters, with commas between them."))
        )
    return found


def _given(data: dict[str, Any]) -> dict[str, Any]:
    language = common.text_of(data, "language")
    return {
        "name": common.text_of(data, "name").casefold(),
        "display_name": common.text_of(data, "display_name"),
        "roles": [role for role in common.texts_of(data, "roles") if role in accounts.ROLES],
        "rooms": common.text_of(data, "rooms", 2000),
        "language": language if language in LANGUAGES else "en",
    }


@get("/staff", guards=[common.opens("staff")], sync_to_thread=True)
def show_staff(request: Asked) -> Response[str]:
    """Show who may sign in."""
    return _page(request, {})


@post("/staff", guards=[common.opens("staff")], sync_to_thread=True, status_code=200)
def add_staff(request: Asked, data: common.Form) -> Response[str]:
    """Add an adult and show the password that was made, once."""
    viewer = common.must_view(request)
    given = _given(data)
    house, words = state.of(request), render.words_of(request, viewer)
    if given["roles"] and not doors.may_grant(viewer, frozenset(given["roles"])):
        raise access.NotAllowed
    with house.db.read() as connection:
        taken = given["name"] in {one.name for one in accounts.list_staff(connection)}
    problems = _problems(words, given, taken)
    password = make_password()
    if not problems:
        try:
            with house.db.write() as connection:
                accounts.add_staff(
                    connection,
                    name=given["name"],
                    display_name=given["display_name"],
                    roles=frozenset(given["roles"]),
                    rooms=_rooms_in(given["rooms"]),
                    password=password,
                    language=given["language"],
                    now=datetime.now(UTC),
                )
        except Invalid:
            problems = [("name", words.say("This name cannot be used: it belonged to somebody before."))]
    if problems:
        return _page(request, {"problems": problems, "given": given}, 400)
    return _page(request, {"made": (given["display_name"], given["name"], password)})


def _one(
    request: Asked, account: accounts.Staff, context: dict[str, Any], status: int = 200
) -> Response[str]:
    viewer = common.must_view(request)
    problems = context.get("problems", [])
    given = {"roles": sorted(account.roles), "rooms": ", ".join(account.rooms)}
    filled = {
        "account": account,
        "grantable": _grantable(viewer),
        "made": None,
        "problems": problems,
        "wrong": dict(problems),
        "given": given,
        **context,
    }
    return common.show(request, "staff_one.html", "staff", filled, status)


@get("/staff/{name:str}", guards=[common.opens("staff")], sync_to_thread=True)
def show_one(request: Asked, name: str) -> Response[str]:
    """Show one account that this adult may change."""
    return _one(request, _changeable(request, name), {})


@post("/staff/{name:str}", guards=[common.opens("staff")], sync_to_thread=True, status_code=200)
def change_one(request: Asked, data: common.Form, name: str) -> Response[str] | Redirect:
    """Change offices and rooms."""
    account = _changeable(request, name)
    viewer = common.must_view(request)
    given = {**_given(data), "name": account.name, "display_name": account.display_name}
    if given["roles"] and not doors.may_grant(viewer, frozenset(given["roles"]), account.roles):
        raise access.NotAllowed
    problems = _problems(render.words_of(request, viewer), given, taken=False)
    if problems:
        return _one(request, account, {"problems": problems, "given": given}, 400)
    with state.of(request).db.write() as connection:
        accounts.set_roles(connection, account.id, frozenset(given["roles"]), _rooms_in(given["rooms"]))
    return common.go("/staff")


@post("/staff/{name:str}/password", guards=[common.opens("staff")], sync_to_thread=True, status_code=200)
def new_password(request: Asked, name: str) -> Response[str]:
    """Make a new password, show it once, and end every session of the account."""
    account = _changeable(request, name)
    password = make_password()
    with state.of(request).db.write() as connection:
        accounts.set_password(connection, account.name, password)
    return _one(request, account, {"made": (account.display_name, account.name, password)})


@post("/staff/{name:str}/remove", guards=[common.opens("staff")], sync_to_thread=True, status_code=303)
def remove(request: Asked, name: str) -> Redirect:
    """Close an account; what it looked at stays in Oversight."""
    account = _changeable(request, name)
    with state.of(request).db.write() as connection:
        accounts.remove_staff(connection, account.name)
    return common.go("/staff")


ROUTES = [show_staff, add_staff, show_one, change_one, new_password, remove]
