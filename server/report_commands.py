"""`gatepost-server reports` and `notices`: how things stand, from a shell. Never a word of a case."""

from collections import Counter
from typing import Any

import click
from sqlalchemy import Connection, func, select

from server import accounts, cases, cli, escalating, notices, officer_lists, officers, state
from server.case_quarantine import held_devices
from server.case_tables import case_notices, case_readers
from server.case_tables import cases as cases_table
from server.errors import Invalid
from server.notices import Notices
from server.report_tables import ceremonies, report_misfits
from server.settings import laptop_address

group = cli.Group("reports", help="How cases and keys stand; never a word.")
notices_group = cli.Group("notices", help="Who is told, and where, that a report waits.")


@group.command("status")
def status() -> None:
    """Say how many cases there are and how long the oldest new one waits."""
    now = state.utc_now()
    with cli.opened() as here, here.db.read() as connection:
        by_state = _counts(connection, cases_table.c.state)
        by_stage = _counts(connection, cases_table.c.escalated, cases_table.c.state == "new")
        told = _counts(connection, case_notices.c.state)
        wrong = _counts(connection, report_misfits.c.why)
        waits = escalating.waits_longest(connection, now)
        newest = officer_lists.newest(connection)
        secured = len(held_devices(connection))
        orphans = _orphans(connection, newest)
    broken = ""
    try:
        notices.read(cli.folder())
    except Invalid as problem:
        broken = str(problem)
    data = {
        "new": by_state["new"],
        "open": by_state["open"],
        "closed": by_state["closed"],
        "escalated": {"deputy": by_stage["deputy"], "head": by_stage["head"]},
        "longest_wait_minutes": None if waits is None else int(waits.total_seconds() // 60),
        "notices": dict(told),
        "notices_problem": broken,
        "misfits": dict(wrong),
        "secured_laptops": secured,
        "officers_list": newest.listed.seq if newest else None,
        "nobody_can_open": orphans,
    }
    lines = [
        f"cases: {data['new']} new, {data['open']} open, {data['closed']} closed",
        f"new ones with the deputies: {by_stage['deputy']}, with the head: {by_stage['head']}",
    ]
    if waits is not None:
        lines.append(f"the oldest new one waits {data['longest_wait_minutes']} minutes")
    lines.append(f"officers' list: {newest.listed.seq if newest else 'none yet'}")
    if orphans:
        lines.append(f"{orphans} new case(s) that no listed officer opens: somebody needs the recovery sheet")
    if broken:
        lines.append(
            f"nobody is told: {told['waiting']} notice(s) wait until this file is corrected: {broken}"
        )
    if told["failed"] or told["no-address"]:
        lines.append(f"notices that reached nobody: {told['failed'] + told['no-address']}")
    if wrong:
        lines.append(f"sent as reports and not taken: {sum(wrong.values())}")
    if secured:
        lines.append(f"laptops under quarantine: {secured}")
    cli.say("\n".join(lines), data)


@group.command("escalations")
def escalations() -> None:
    """List new cases that were not opened in time: number, since when, how far; nothing else."""
    query = (
        select(
            cases_table.c.opened_year, cases_table.c.serial, cases_table.c.opened_at, cases_table.c.escalated
        )
        .where(cases_table.c.state == "new", cases_table.c.escalated != "none", ~cases_table.c.crowded)
        .order_by(cases_table.c.opened_at)
    )
    with cli.opened() as here, here.db.read() as connection:
        found = [
            (
                cases.number_of(row.opened_year, row.serial),
                f"{row.opened_at:%Y-%m-%d %H:%M}",
                row.escalated,
            )
            for row in connection.execute(query)
        ]
    text = cli.table(("case", "since (UTC)", "gone to"), found) if found else "nothing waits too long"
    cli.say(text, [{"number": number, "since": since, "to": to} for number, since, to in found])


@group.command("keys")
def keys() -> None:
    """Show who holds a key and what was done about keys lately."""
    with cli.opened() as here, here.db.read() as connection:
        found = officers.standings(connection)
        newest = officer_lists.newest(connection)
        query = select(ceremonies).order_by(ceremonies.c.id.desc()).limit(20)
        done = [
            (f"{row.at:%Y-%m-%d %H:%M}", row.by_name, row.what, row.note) for row in connection.execute(query)
        ]
    rows = [
        (
            each.name,
            ", ".join(each.roles),
            each.state,
            each.place,
            " ".join("+".join(p) for p in each.overlaps),
        )
        for each in found
    ]
    head = ("name", "offices", "key", "on the list as", "offices that overlap")
    text = f"list {newest.listed.seq if newest else '-'}\n{cli.table(head, rows)}"
    text += f"\n\n{cli.table(('when (UTC)', 'who', 'what', 'note'), done)}"
    data = [{"name": each.name, "state": each.state, "place": each.place} for each in found]
    cli.say(text, {"list": newest.listed.seq if newest else None, "officers": data, "ceremonies": done})


@group.command("misfits")
def misfits() -> None:
    """Show what laptops sent as reports and was not taken as one."""
    query = select(report_misfits).order_by(report_misfits.c.id.desc()).limit(200)
    with cli.opened() as here, here.db.read() as connection:
        found = [(f"{row.at:%Y-%m-%d %H:%M}", row.device, row.why) for row in connection.execute(query)]
    cli.say(cli.table(("when (UTC)", "laptop", "why"), found), found)


@notices_group.command("list")
def list_notices() -> None:
    """Show who is told where, without passwords."""
    known = notices.read(cli.folder())
    rows = [(name, notices.check_address(url)) for name, urls in sorted(known.to.items()) for url in urls]
    cli.say(cli.table(("name", "address"), rows) if rows else "nobody is told", rows)


@notices_group.command(
    "set",
    epilog=cli.examples(
        "notices set r.carver mailtos://USER:PASSWORD@smtp.school.example?to=r.carver@school.example"
    ),
)
@click.argument("name")
@click.argument("address", nargs=-1, required=True)
def set_notice(name: str, address: tuple[str, ...]) -> None:
    """Say where somebody is told that a report waits."""
    with cli.opened() as here, here.db.read() as connection:
        person = accounts.find_staff(connection, name)
    if not person.roles & officers.HOLDERS:
        raise Invalid(f"{person.name} is no safeguarding lead, head or governor: nothing waits for them")
    shown = [notices.check_address(url) for url in address]
    known = notices.read(cli.folder())
    notices.write(cli.folder(), Notices(to={**known.to, person.name: tuple(address)}))
    cli.say(f"{person.name} is told at {', '.join(shown)}", {"name": person.name, "address": shown})


@notices_group.command("remove")
@click.argument("name")
def remove_notice(name: str) -> None:
    """Tell somebody nothing any more."""
    known = notices.read(cli.folder())
    name = name.strip().casefold()
    if name not in known.to:
        raise Invalid(f"{name} is told nothing anyway")
    notices.write(cli.folder(), Notices(to={who: urls for who, urls in known.to.items() if who != name}))
    cli.say(f"{name} is told nothing any more", {"removed": name})


@notices_group.command("test")
@click.argument("name")
def test_notice(name: str) -> None:
    """Send a message like the real one."""
    with cli.opened() as here, here.db.read() as connection:
        person = accounts.find_staff(connection, name)
        address = laptop_address(here.config)
    urls = notices.read(cli.folder()).to.get(person.name, ())
    if not urls:
        raise Invalid(f"first say where: gatepost-server notices set {person.name} ADDRESS")
    title, text = notices.words(person.language, "new", ("TEST",), address)
    if not notices.send(urls, title, text):
        raise Invalid("it did not arrive: see the lines above, then check the address and its password")
    cli.say("it was taken by every address", {"sent": True})


def _counts(connection: Connection, column: Any, *where: Any) -> Counter[str]:
    query = select(column, func.count()).where(*where).group_by(column)
    return Counter({str(word): number for word, number in connection.execute(query)})


def _orphans(connection: Connection, newest: officer_lists.Published | None) -> int:
    """Return how many new cases no officer on the list in force opens; the sheet does not count."""
    listed = [o.id for o in newest.listed.officers if o.role != "recovery"] if newest else []
    opens = select(case_readers.c.case).where(case_readers.c.key_id.in_(listed))
    query = (
        select(func.count())
        .select_from(cases_table)
        .where(cases_table.c.state == "new", cases_table.c.id.not_in(opens))
    )
    return int(connection.execute(query).scalar_one())
