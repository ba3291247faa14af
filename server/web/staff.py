"""Staff: who may sign in, with which offices and rooms. A password is made here, shown once, kept nowhere."""

import secrets
from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from policies.settings import LANGUAGES
from server import (
    access,
    accounts,
    break_glass,
    devices,
    invitations,
    provider_links,
    second_steps,
    sessions,
    sign_in_events,
    state,
)
from server.errors import Invalid
from server.settings import laptop_address
from server.web import anew, common, doors, render
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
        "invited": None,
        "is_head": "head" in viewer.roles,
        "problems": problems,
        "wrong": dict(problems),
        "given": {"name": "", "display_name": "", "roles": ["teacher"], "rooms": "", "language": "en"},
        **context,
    }
    return common.show(request, "staff.html", "staff", filled, status)


def _may_change(viewer: doors.Viewer, account: accounts.Staff) -> bool:
    if account.name == break_glass.NAME:
        return False  # the head seals it anew on its own page
    return account.id != viewer.id and doors.may_grant(viewer, account.roles, account.roles)


def changeable(request: Asked, name: str) -> accounts.Staff:
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
    by_link = common.text_of(data, "way") == "link"
    password, token = make_password(), ""
    if not problems:
        try:
            with house.db.write() as connection:
                accounts.add_staff(
                    connection,
                    name=given["name"],
                    display_name=given["display_name"],
                    roles=frozenset(given["roles"]),
                    rooms=_rooms_in(given["rooms"]),
                    password=None if by_link else password,
                    language=given["language"],
                    by=viewer.name,
                    now=datetime.now(UTC),
                )
                if by_link:
                    invited = accounts.find_staff(connection, given["name"])
                    token = invitations.invite(connection, invited, by=viewer.name, now=state.utc_now())
        except Invalid:
            problems = [("name", words.say("This name cannot be used: it belonged to somebody before."))]
    if problems:
        return _page(request, {"problems": problems, "given": given}, 400)
    if by_link:
        link = laptop_address(house.config, request.headers.get("host", "")) + invitations.path_of(token)
        return _page(request, {"invited": (given["display_name"], link)})
    return _page(request, {"made": (given["display_name"], given["name"], password)})


def held_of(account: accounts.Staff) -> dict[str, str]:
    """Return what the form of offices and rooms holds."""
    return {"roles": ",".join(sorted(account.roles)), "rooms": ", ".join(account.rooms)}


def one_page(
    request: Asked, account: accounts.Staff, context: dict[str, Any], status: int = 200
) -> Response[str]:
    """Show one account: offices, and how this colleague gets in."""
    viewer, house, now = common.must_view(request), state.of(request), state.utc_now()
    problems = context.get("problems", [])
    given = {"roles": sorted(account.roles), "rooms": ", ".join(account.rooms)}
    with house.db.read() as connection:
        ways = {
            "open": sessions.list_sessions(connection, account.id, now),
            "step_since": second_steps.set_at(connection).get(account.id),
            "invitation": invitations.open_invitations(connection, now).get(account.id),
            "has_password": accounts.has_password(connection, account.id),
            "links": [each for _, each in provider_links.list_links(connection, account.id)],
            "events": sign_in_events.list_events(
                connection, since=now - sign_in_events.RECENT, staff_id=account.id, most=12
            ),
        }
    filled = {
        **ways,
        "provider": house.sign_in.now().provider,
        "link": "",
        "account": account,
        "held": held_of(account),
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
    return one_page(request, changeable(request, name), {})


@post("/staff/{name:str}", guards=[common.opens("staff")], sync_to_thread=True, status_code=200)
def change_one(request: Asked, data: common.Form, name: str) -> Response[str] | Redirect:
    """Change offices and rooms."""
    account = changeable(request, name)
    viewer = common.must_view(request)
    given = {**_given(data), "name": account.name, "display_name": account.display_name}
    held = held_of(account)
    posted = {"roles": ",".join(sorted(given["roles"])), "rooms": given["rooms"]}
    change = anew.read(data, posted, held)
    wanted = held | change.typed
    given |= {"roles": [each for each in wanted["roles"].split(",") if each], "rooms": wanted["rooms"]}
    if change.moved:
        words, label = render.words_of(request, viewer), render.labels_of(request, viewer)

        def shown(field: str, value: str) -> str:
            return value if field == "rooms" else words.join(label("role", each) for each in value.split(","))

        said = anew.problems(words, change.moved, held, shown)
        named = [("role-teacher" if field == "roles" else field, why) for field, why in said]
        return one_page(request, account, {"problems": named, "given": given}, 409)
    if given["roles"] and not doors.may_grant(viewer, frozenset(given["roles"]), account.roles):
        raise access.NotAllowed
    problems = _problems(render.words_of(request, viewer), given, taken=False)
    if problems:
        return one_page(request, account, {"problems": problems, "given": given}, 400)
    with state.of(request).db.write() as connection:
        accounts.set_roles(
            connection, account.id, frozenset(given["roles"]), _rooms_in(given["rooms"]), by=viewer.name
        )
    return common.go("/staff")


@post("/staff/{name:str}/password", guards=[common.opens("staff")], sync_to_thread=True, status_code=200)
def new_password(request: Asked, name: str) -> Response[str]:
    """Make a new password, show it once, and end every session of the account. Who made it stays written."""
    account, by = changeable(request, name), common.must_view(request)
    password = make_password()
    with state.of(request).db.write() as connection:
        accounts.give_password(connection, account.name, password, by=by.name, now=state.utc_now())
    return one_page(request, account, {"made": (account.display_name, account.name, password)})


@post("/staff/{name:str}/remove", guards=[common.opens("staff")], sync_to_thread=True, status_code=303)
def remove(request: Asked, name: str) -> Redirect:
    """Close an account; what it looked at stays in Oversight."""
    account = changeable(request, name)
    with state.of(request).db.write() as connection:
        accounts.remove_staff(connection, account.name, by=common.must_view(request).name)
    return common.go("/staff")


ROUTES = [show_staff, add_staff, show_one, change_one, new_password, remove]
