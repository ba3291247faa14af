"""The list of laptops: who needs somebody, the rest narrowed by the address, and changes of many at once."""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy import Connection

from server import case_quarantine, coverage, device_list, groups, self_tests, spreadsheets, state
from server.device_list import Found, Listed, Wanted
from server.errors import Invalid, NotFound
from server.web import common, device_view, render
from server.web.common import Asked

ACTIONS = ("move", "group", "ungroup", "self-test", "retire")
FIELDS = ("q", "room", "site", "group", "state")
CSV_TYPE = "text/csv"  # Litestar says the charset
NAMED = 30
"""So many laptops are named before a change; the rest are counted."""


class Choice(NamedTuple):
    """What somebody wants to do with many laptops at once."""

    action: str
    to: str
    ids: list[str]
    everything: bool
    """All that the list's filters find, not only the ticked ones."""
    wanted: Wanted


def read_wanted(given: dict[str, str]) -> Wanted:
    """Return what an address or a form asks for; what it cannot mean is as if it were not said."""
    words = {key: given.get(key, "").strip()[:80] for key in FIELDS}
    page = given.get("page", "1")
    sort = given.get("sort", "room")
    return Wanted(
        **words,
        sort=sort if sort in device_list.SORTS else "room",
        descending=given.get("down") == "1",
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
    )


def _found(
    request: Asked,
    connection: Connection,
    wanted: Wanted,
    now: datetime,
    rows: int = device_list.ROWS_PER_PAGE,
) -> Found:
    rule = device_view.rule_of(connection, now)
    connected = state.of(request).is_connected
    return device_list.find(connection, wanted, rule, now, connected, rows_per_page=rows)


@get("/devices", guards=[common.opens("devices")], sync_to_thread=True)
def show_devices(request: Asked) -> Response[str]:
    """Show what needs somebody first, then the list, narrowed by the address."""
    wanted, now = read_wanted(dict(request.query_params)), datetime.now(UTC)
    with state.of(request).db.read() as connection:
        rule = device_view.rule_of(connection, now)
        found = device_list.find(connection, wanted, rule, now, state.of(request).is_connected)
        places = _places(connection)
    context = {
        **device_view.shared("list"),
        **places,
        "found": found,
        "rows": [_row(listed, rule) for listed in found.rows],
        "states": list(device_view.KINDS),
        "wanted": wanted,
        "filtered": any(getattr(wanted, key) for key in FIELDS),
        "link": lambda page: render.address_with(request, page=str(page)),
        "sorts": _sorts(request, wanted),
        "csv": f"/devices/laptops.csv?{request.url.query}",
        "fields": FIELDS,
        "did": _did(request),
    }
    return common.show(request, "devices.html", "devices", context)


def _places(connection: Connection) -> dict[str, Any]:
    return {
        "rooms": [room.name for room in groups.list_rooms(connection)],
        "groups": [group.name for group in groups.list_groups(connection)],
        "sites": list(groups.list_sites(connection)),
    }


def _row(listed: Listed, rule: coverage.Rule) -> dict[str, Any]:
    facts = listed.facts
    able = json.loads(facts.capabilities)
    tiles = coverage.decide_health(facts, able, rule)
    return {
        "facts": facts,
        "states": listed.states,
        "connected": listed.connected,
        "seen": device_view.moment_of(facts.seen_ms),
        "tiles": device_view.not_fine(tiles),
        "fine": sum(tile.verdict == "fine" for tile in tiles),
        "all": len(tiles),
    }


def _sorts(request: Asked, wanted: Wanted) -> dict[str, tuple[str, str]]:
    """Return each column's address and how it is sorted now; a second press turns the order round."""
    found = {}
    for code in device_list.SORTS:
        here = wanted.sort == code
        now = ("descending" if wanted.descending else "ascending") if here else "none"
        down = "1" if here and not wanted.descending else "0"
        found[code] = (render.address_with(request, sort=code, down=down, page="1"), now)
    return found


def _did(request: Asked) -> tuple[str, int] | None:
    """Return what was just done and with how many, as the address says after a change."""
    action, count = request.query_params.get("did", ""), request.query_params.get("n", "")
    if action in ACTIONS and count.isascii() and count.isdigit() and len(count) < 7:
        return action, int(count)
    return None


@get("/devices/laptops.csv", guards=[common.opens("devices")], sync_to_thread=True)
def download(request: Asked) -> Response[str]:
    """Give the whole list, filtered as on the page, as a file that no spreadsheet runs."""
    wanted, now = read_wanted(dict(request.query_params)), datetime.now(UTC)
    with state.of(request).db.read() as connection:
        found = _found(request, connection, wanted._replace(page=1), now, groups.MOST_AT_ONCE)
        belong = groups.groups_of(connection, found.ids)
    rows: list[tuple[object, ...]] = [CSV_HEADS]
    rows += [_csv_row(listed, belong.get(listed.facts.id, ())) for listed in found.rows]
    name = f"laptops-{now:%Y-%m-%d}.csv"
    return Response(
        spreadsheets.write_csv(rows, bom=True),
        media_type=CSV_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


CSV_HEADS = (
    *("id", "hostname", "room", "groups", "states", "maker", "model", "serial", "os", "agent"),
    *("disk_encryption", "antivirus", "signatures_at", "policy_applied", "policy_assigned", "last_seen"),
    *("last_self_test", "self_test_failed", "loan_until"),
)


def _csv_row(listed: Listed, belongs: tuple[str, ...]) -> tuple[object, ...]:
    facts = listed.facts
    signatures, seen, tested = (
        moment.isoformat(timespec="seconds") if moment else ""
        for moment in map(device_view.moment_of, (facts.signatures_ms, facts.seen_ms, facts.tested_ms))
    )
    return (
        *(facts.id, facts.hostname, facts.room, "; ".join(belongs), "; ".join(listed.states)),
        *(facts.maker, facts.model, facts.serial, facts.os, facts.agent_version, facts.disk),
        *(facts.scanner, signatures, facts.applied, facts.assigned, seen),
        *(tested, facts.tests_failed if facts.tested_ms else "", facts.due_day),
    )


@post("/devices/change", guards=[common.opens("devices")], status_code=200, sync_to_thread=True)
def change(request: Asked, data: common.Form) -> Response[str] | Redirect:
    """Ask once in a sentence that says how many; with the answer, do it."""
    viewer, now, house = common.must_view(request), datetime.now(UTC), state.of(request)
    words = render.words_of(request, viewer)
    choice = _read_choice(data)
    with house.db.read() as connection:
        found = _found(request, connection, choice.wanted, now, groups.MOST_AT_ONCE)
        places = _places(connection)
    names = {listed.facts.id: listed for listed in found.rows}
    ids = found.ids if choice.everything else [one for one in choice.ids if one in names]
    problem = ""
    if not ids:
        problem = words.say("Tick at least one laptop, or choose all that were found.")
    elif choice.action not in ACTIONS:
        problem = words.say("Choose what to do with them.")
    confirmed = common.text_of(data, "confirmed")
    if not problem and confirmed == str(len(ids)):
        try:
            with house.db.write() as connection:
                count = _do(connection, choice, ids, viewer.name, now)
        except Invalid:
            problem = words.say("Write a name of 1 to 80 visible characters, no slash.")
        except NotFound:
            problem = words.say("One of these laptops is gone. Look at the list and choose again.")
        else:
            if choice.action == "retire":
                for device in ids:
                    house.live.forget(device)
            return common.go(f"/devices?did={choice.action}&n={count}")
    context = {
        **device_view.shared("list"),
        **places,
        "choice": choice,
        "ids": ids,
        "named": [names[one].facts for one in ids[:NAMED]],
        "problems": [("to" if ids and choice.action in ACTIONS else "", problem)] if problem else [],
        "fields": FIELDS,
    }
    return common.show(request, "devices_change.html", "devices", context, 400 if problem else 200)


def _read_choice(data: common.Form) -> Choice:
    given = {key: common.text_of(data, key) for key in FIELDS}
    return Choice(
        common.text_of(data, "action"),
        common.text_of(data, "to", 80),
        [one for one in common.texts_of(data, "device") if len(one) == 16][: groups.MOST_AT_ONCE],
        common.text_of(data, "which") == "all",
        read_wanted(given),
    )


def _do(connection: Connection, choice: Choice, ids: list[str], by: str, now: datetime) -> int:
    """Change them and return how many were changed. Raises Invalid, NotFound."""
    if choice.action == "move":
        return groups.move_many(connection, ids, choice.to, now)
    if choice.action == "group":
        return groups.add_to_group(connection, ids, choice.to, now)
    if choice.action == "ungroup":
        return groups.take_from_group(connection, ids, choice.to, now)
    if choice.action == "retire":
        held = case_quarantine.held_devices(connection)
        reason = f"{by}: {choice.to}" if choice.to else by
        return groups.retire_many(connection, ids, reason, now, held)
    return _ask_tests(connection, choice, ids, by, now)


def _ask_tests(connection: Connection, choice: Choice, ids: list[str], by: str, now: datetime) -> int:
    """Ask for self-tests: one order where a whole room or the whole school is meant, else one each."""
    wanted = choice.wanted
    if choice.everything and not any(getattr(wanted, key) for key in FIELDS if key != "room"):
        self_tests.order(connection, room=wanted.room, by=by, now=now)
        return len(ids)
    asked = 0
    for device in ids:
        try:
            self_tests.order(connection, device=device, by=by, now=now)
        except NotFound:
            continue  # a copied or retired one in the list: it is no longer talked to
        asked += 1
    return asked


ROUTES = [show_devices, download, change]
