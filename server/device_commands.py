"""`gatepost-server devices`: what the pages about laptops do, from a shell."""

import json
import re
from typing import Any, get_args

import click
from sqlalchemy import Connection

from policies.device_records import SELF_TEST_PARTS
from server import (
    case_quarantine,
    cli,
    coverage,
    device_list,
    devices,
    groups,
    inventory,
    publishing,
    self_tests,
    spreadsheets,
    state,
)
from server.coverage import Facts, Rule
from server.device_list import Listed, Wanted
from server.errors import Invalid, NotFound
from server.state import ServerState
from server.tables import from_ms

group = cli.Group("devices", help="The laptops.")
MINUTES = {"m": 1, "h": 60, "d": coverage.DAY_MINUTES}
LOOKS: dict[str, cli.Look] = {
    **dict.fromkeys(("healthy", "fine", "passed"), "good"),
    **dict.fromkeys(("pending", "silent", "never", "overdue", "watch", "lacking"), "warn"),
    **dict.fromkeys(("cloned", "twin", "fork", "rejected", "broken", "test-failed", "bad", "failed"), "bad"),
}


def _rule(connection: Connection) -> Rule:
    published = publishing.current(connection)
    minutes = inventory.silent_minutes(connection, coverage.DEFAULT_SILENT_MINUTES)
    versions = connection.exec_driver_sql("SELECT DISTINCT agent_version FROM devices WHERE state = 'active'")
    newest = coverage.newest_version(frozenset(row[0] for row in versions))
    if published is None:
        return coverage.decide_rule(state.utc_now(), minutes, newest_agent=newest)
    settings = published.body.settings
    return coverage.decide_rule(
        state.utc_now(),
        minutes,
        signatures_max_age_hours=settings.usb.scan.signatures_max_age_hours,
        test_every_days=settings.self_test.every_days,
        newest_agent=newest,
    )


def _nobody(_: str) -> bool:
    """The shell holds nobody's connection; the running server writes who was seen every few seconds."""
    return False


def _when(ms: int | None) -> str:
    return f"{from_ms(ms):%Y-%m-%d %H:%M}" if ms is not None else "never"


def pick(connection: Connection, named: tuple[str, ...]) -> list[str]:
    """Return the ids of laptops named by id or by host name. Raises NotFound, Invalid for two of one name."""
    found = []
    query = "SELECT id FROM devices WHERE id = ? OR (hostname = ? AND state = 'active')"
    for name in named:
        ids = [row[0] for row in connection.exec_driver_sql(query, (name, name))]
        if not ids:
            raise NotFound(f"there is no laptop {name!r}: `devices list` shows them")
        if len(ids) > 1 and name not in ids:
            raise Invalid(f"{len(ids)} laptops are called {name!r}: name one by its id ({', '.join(ids)})")
        found.append(name if name in ids else ids[0])
    return found


def _line(listed: Listed) -> dict[str, Any]:
    facts = listed.facts
    return {
        **facts._asdict(),
        "capabilities": json.loads(facts.capabilities),
        "states": listed.states,
        "applied_number": facts.applied,
        "assigned_number": facts.assigned,
        "last_seen_at": from_ms(facts.seen_ms) if facts.seen_ms is not None else None,
    }


@group.command(
    "list", epilog=cli.examples("devices list --state silent", 'devices list --room "Lab 2" --json')
)
@click.option("--find", "q", default="", help="Part of a host name, room, id or serial number.")
@click.option("--room", default="", help="Only this room.")
@click.option("--site", default="", help="Only this site.")
@click.option("--group", "group_name", default="", help="Only this group.")
@click.option(
    "--state", "wanted_state", type=click.Choice(get_args(coverage.State)),
    help="Only laptops in this state, such as silent.",
)  # fmt: skip
@click.option("--sort", type=click.Choice(device_list.SORTS), default="room", show_default=True)
def show_all(q: str, room: str, site: str, group_name: str, wanted_state: str | None, sort: str) -> None:
    """Show every laptop and where it stands."""
    wanted = Wanted(q=q, room=room, site=site, group=group_name, state=wanted_state or "", sort=sort)
    with cli.opened() as here, here.db.read() as connection:
        found = device_list.find(
            connection, wanted, _rule(connection), state.utc_now(), _nobody, rows_per_page=groups.MOST_AT_ONCE
        )
    rows = [
        (
            listed.facts.id,
            listed.facts.room,
            listed.facts.hostname,
            listed.states[0],
            f"{listed.facts.applied or '-'}/{listed.facts.assigned or '-'}",
            _when(listed.facts.seen_ms),
        )
        for listed in found.rows
    ]
    head = ("laptop", "room", "host name", "state", "policy", "last seen (UTC)")
    cli.say(cli.table(head, rows, LOOKS), [_line(listed) for listed in found.rows])


@group.command("show")
@click.argument("laptop")
def show(laptop: str) -> None:
    """Show one laptop: what it is, how it stands, what ought to work and does not."""
    with cli.opened() as here, here.db.read() as connection:
        (device,) = pick(connection, (laptop,))
        rule = _rule(connection)
        facts = device_list.facts_of(connection, device, _nobody, state.utc_now())
        tiles = coverage.decide_health(facts, json.loads(facts.capabilities), rule)
        belongs = groups.groups_of(connection, [device]).get(device, ())
        tests = self_tests.history(connection, device, limit=1)
        notes = inventory.list_notes(connection, device, limit=5)
    listed = Listed(facts, coverage.decide_coverage(facts, rule), False)
    cli.say(
        "\n\n".join(
            (
                _about(facts, belongs, listed),
                cli.table(("health", "verdict", "why"), tiles, LOOKS),
                *(
                    cli.table(
                        ("self-test", "result", "problem"),
                        [(p, one.results.get(p, "-"), one.problems.get(p, "")) for p in SELF_TEST_PARTS],
                        LOOKS,
                    )
                    for one in tests
                ),
                *(f"{note.at:%Y-%m-%d} {note.by}: {note.words}" for note in notes),
            )
        ),
        {**_line(listed), "groups": belongs, "health": [tile._asdict() for tile in tiles],
         "tests": [one._asdict() for one in tests], "notes": [note._asdict() for note in notes]},
    )  # fmt: skip


def _about(facts: Facts, belongs: tuple[str, ...], listed: Listed) -> str:
    return cli.table(
        ("laptop", facts.id),
        [
            ("host name", facts.hostname),
            ("room", facts.room),
            ("groups", ", ".join(belongs) or "-"),
            ("state", ", ".join(listed.states)),
            ("make and model", f"{facts.maker} {facts.model}".strip() or "not told"),
            ("serial", facts.serial or "not told"),
            ("system", facts.os),
            ("agent", facts.agent_version),
            ("policy", f"{facts.applied or '-'} confirmed, {facts.assigned or '-'} sent"),
            ("last seen (UTC)", _when(facts.seen_ms)),
        ],
        LOOKS,
    )


@group.command("move", epilog=cli.examples('devices move "Lab 2" L-014 L-015'))
@click.argument("room")
@click.argument("laptops", nargs=-1, required=True)
def move(room: str, laptops: tuple[str, ...]) -> None:
    """Put laptops into a room; its settings hold on them at once."""
    with cli.opened() as here, here.db.write() as connection:
        count = groups.move_many(connection, pick(connection, laptops), room, state.utc_now())
    cli.say(f"{count} moved to {room}", {"moved": count, "room": room})


@group.command(
    "group", epilog=cli.examples("devices group pilot L-014 L-015", "devices group pilot --room Lab")
)
@click.argument("name")
@click.argument("laptops", nargs=-1)
@click.option("--room", default="", help="Every laptop of a room.")
@click.option("--take-out", is_flag=True, help="Take them out of the group instead.")
def to_group(name: str, laptops: tuple[str, ...], room: str, take_out: bool) -> None:
    """Put laptops into a group: settings can be given to it, whatever rooms they stand in."""
    with cli.opened() as here, here.db.write() as connection:
        ids = pick(connection, laptops)
        if room:
            ids += [one.id for one in devices.list_devices(connection, room=room, active_only=True)]
        if not ids:
            raise Invalid("name laptops, or a --room that has some")
        change = groups.take_from_group if take_out else groups.add_to_group
        count = change(connection, ids, name, state.utc_now())
    done = "taken out of" if take_out else "put into"
    cli.say(f"{count} {done} {name}", {"changed": count, "group": name})


@group.command("site", epilog=cli.examples('devices site "Lab 2" "Upper school"'))
@click.argument("room")
@click.argument("site", default="")
def to_site(room: str, site: str) -> None:
    """Say which site a room belongs to; without a site: to none."""
    with cli.opened() as here, here.db.write() as connection:
        groups.set_site(connection, room, site, state.utc_now())
    cli.say(f"{room} belongs to {site or 'no site'}", {"room": room, "site": site})


@group.command("places")
def show_places() -> None:
    """Show rooms, their sites, and groups."""
    with cli.opened() as here, here.db.read() as connection:
        rooms, known = groups.list_rooms(connection), groups.list_groups(connection)
    cli.say(
        cli.table(("room", "site", "laptops"), [(r.name, r.site or "-", str(r.laptops)) for r in rooms])
        + "\n\n"
        + cli.table(("group", "laptops"), [(each.name, str(each.laptops)) for each in known]),
        {"rooms": [r._asdict() for r in rooms], "groups": [each._asdict() for each in known]},
    )


@group.command("retire")
@click.argument("laptops", nargs=-1, required=True)
@click.option("--reason", default="retired from the command line")
def retire(laptops: tuple[str, ...], reason: str) -> None:
    """Stop talking to laptops; their records stay."""
    with cli.opened() as here, here.db.write() as connection:
        ids = pick(connection, laptops)
        held = case_quarantine.held_devices(connection)
        count = groups.retire_many(connection, ids, reason, state.utc_now(), held)
    kept = sum(one in held for one in ids)
    text = f"{count} retired; their records stay"
    if kept:
        text += f"; {kept} kept for evidence and left as it is"
    cli.say(text, {"retired": count, "kept_for_evidence": kept})


@group.command("self-test", epilog=cli.examples("devices self-test L-014", "devices self-test --all"))
@click.argument("laptops", nargs=-1)
@click.option("--room", default="", help="Every laptop of a room.")
@click.option("--all", "everybody", is_flag=True, help="Every laptop of the school.")
@click.option("--results", is_flag=True, help="Ask nobody: show the last results, failing ones first.")
def self_test(laptops: tuple[str, ...], room: str, everybody: bool, results: bool) -> None:
    """Ask laptops to test themselves, or show how they did."""
    with cli.opened() as here:
        if results:
            _say_results(here, room)
            return
        if not laptops and not room and not everybody:
            raise Invalid("name laptops, --room ROOM or --all")
        now, made = state.utc_now(), []
        with here.db.write() as connection:
            for device in pick(connection, laptops):
                made.append(self_tests.order(connection, device=device, by=cli.BY, now=now))
            if room or everybody:
                made.append(self_tests.order(connection, room=room, by=cli.BY, now=now))
    cli.say("asked; answers stand in `devices self-test --results`", {"orders": made})


def _say_results(here: ServerState, room: str) -> None:
    with here.db.read() as connection:
        found = self_tests.list_newest(connection, room=room)
    rows = [
        (
            one.hostname,
            one.room,
            "failed" if one.failed else "passed" if one.at else "never",
            ", ".join(one.failed),
            f"{one.at:%Y-%m-%d %H:%M}" if one.at else "",
        )
        for one in found
    ]
    head = ("host name", "room", "result", "failed", "when (UTC)")
    cli.say(cli.table(head, rows, LOOKS), [{**one._asdict(), "failed": one.failed} for one in found])


@group.command("coverage")
def show_coverage() -> None:
    """Show which laptops the rules do not reach, and which ought to be enrolled and are not."""
    with cli.opened() as here, here.db.read() as connection:
        rule = _rule(connection)
        facts = device_list.read_facts(connection, _nobody, state.utc_now())
        refusals = device_list.refusals(connection)
        missing = inventory.list_missing(connection)
    stand = [(one, coverage.decide_coverage(one, rule)) for one in facts]
    wrong = [(code, one) for code in coverage.NEEDS_SOMEBODY for one, states in stand if code in states]
    active = sum(one.state == "active" for one in facts)
    rows: list[tuple[str, ...]] = [
        (code, one.hostname, one.room, _when(one.seen_ms), one.id) for code, one in wrong
    ]
    rows += [("missing", one.name or "-", one.room or "-", "", one.serial) for one in missing]
    text = f"{active} enrolled, {len(missing)} missing\n"
    text += cli.table(("why", "host name", "room", "last seen (UTC)", "laptop"), rows, LOOKS)
    cli.say(
        text,
        {
            "enrolled": active,
            "wrong": [
                {
                    "why": code,
                    "laptop": one.id,
                    "hostname": one.hostname,
                    "problem": refusals.get(one.id, "") if code == "rejected" else "",
                }
                for code, one in wrong
            ],
            "missing": [one._asdict() for one in missing],
        },
    )


@group.command("expected", epilog=cli.examples("devices expected assets.csv --complete"))
@click.argument("file")
@click.option("--complete", is_flag=True, help="Forget expected laptops that are not in this list.")
def expected(file: str, complete: bool) -> None:
    """Read the school's own list (CSV with a column `serial`): what is in it and not enrolled is missing."""
    table = spreadsheets.read_table(cli.read_input(file), most_rows=inventory.MOST_EXPECTED)
    read = inventory.read_expected(table)
    with cli.opened() as here, here.db.write() as connection:
        new, gone = inventory.take_expected(
            connection, read.laptops, by=cli.BY, now=state.utc_now(), replace=complete
        )
    lines = [f"{len(read.laptops)} expected ({new} new, {gone} forgotten)"]
    lines += [f"  line {each.line} not taken: {each.why} {each.words!r}" for each in read.problems]
    cli.say(
        "\n".join(lines),
        {"expected": len(read.laptops), "new": new, "forgotten": gone,
         "problems": [each._asdict() for each in read.problems]},
    )  # fmt: skip


@group.command("silent-after", epilog=cli.examples("devices silent-after 2d", "devices silent-after 15m"))
@click.argument("time", default="")
def silent_after(time: str) -> None:
    """Say after how long a laptop counts as silent: 15m, 4h or 2d (days are school days). Bare: show it."""
    with cli.opened() as here:
        if time:
            found = re.fullmatch(r"(\d{1,5})([mhd])", time)
            if found is None:
                raise Invalid("write a number and m, h or d: 15m, 4h, 2d")
            with here.db.write() as connection:
                inventory.set_silent_minutes(
                    connection,
                    int(found[1]) * MINUTES[found[2]],
                    coverage.MOST_SILENT_MINUTES,
                    cli.BY,
                    state.utc_now(),
                )
        with here.db.read() as connection:
            minutes = inventory.silent_minutes(connection, coverage.DEFAULT_SILENT_MINUTES)
    cli.say(f"a laptop counts as silent after {_how_long(minutes)}", {"minutes": minutes})


def _how_long(minutes: int) -> str:
    """Return 1440 minutes as one day: what was typed, not what it is kept as."""
    words = {"d": "day", "h": "hour", "m": "minute"}
    unit = next(each for each in words if not minutes % MINUTES[each])
    count = minutes // MINUTES[unit]
    return f"{count} {words[unit]}{'' if count == 1 else 's'}"
