"""`gatepost-server people`: the list of people, from the file to the diff to the changed list."""

import sys
from pathlib import Path
from typing import Any

import click
import msgspec
from sqlalchemy import Connection

from server import cli, listing, oversight, people, person_export, publishing, state
from server.errors import Invalid
from server.roster import archives, imports, rules, store, words
from server.roster.comparing import Change, Diff
from server.roster.drafts import Problem
from server.roster.entries import Entry
from server.roster.imports import CannotBeList, Plan
from server.roster.rules import Rules
from server.roster.store import By
from server.spreadsheets import TableRefused

MOST_SHOWN = 20
BY = By(cli.BY)
group = cli.Group("people", help="Who may log in, and everybody who was ever listed.")


@group.command(
    "import",
    epilog=cli.examples(
        "people import oneroster.zip --dry-run",
        "people import oneroster.zip --yes",
        "people import pupils.csv --accounts template --template '{givenName:1}{familyName}'",
    ),
)
@click.argument("file")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--yes", is_flag=True, help="Apply it without asking.")
@click.option("--many-leave", is_flag=True, help="The second yes: very many would leave, and that is right.")
@click.option(
    "--part", is_flag=True, help="The file is not the whole school: nobody leaves by being missing."
)
@click.option(
    "--rules", "rules_file", help="A JSON file of rules (see `people rules`); else those remembered."
)
@click.option(
    "--accounts", type=click.Choice(["column", "template", "mapping", "keep"]), help="Whose OS user name."
)
@click.option("--template", help="For --accounts template: {givenName}.{familyName} and the like.")
@click.option("--mapping", help="For --accounts mapping: a CSV with the person's id and the user name.")
@click.option("--progress", is_flag=True, help="Tell how far it is, on standard error.")
def bring(
    file: str,
    dry_run: bool,
    yes: bool,
    many_leave: bool,
    part: bool,
    rules_file: str | None,
    accounts: str | None,
    template: str | None,
    mapping: str | None,
    progress: bool,
) -> None:
    """
    Make the list what FILE says: a CSV, a OneRoster zip, or a folder (- is standard input).

    At a terminal the difference is shown and asked about; --yes does not ask, and neither is a program asked.
    Where more than a fifth of everybody would leave, --many-leave has to be said too. A plain CSV with the
    header os_user,person,display_name,tier,language,room,year is taken as ever. Whoever is missing in
    it leaves with an end date, unless --part is given.
    """
    tell = _teller(progress)
    with cli.opened() as here:
        with here.db.read() as connection:
            chosen = _rules(connection, rules_file, accounts, template, part)
        opened = _opened(file)
        try:
            reading = imports.read_files(opened, chosen, state.utc_now().date(), tell)
            mapped = imports.read_mapping(cli.read_input(mapping)) if mapping else {}
        except CannotBeList as problem:
            raise Invalid("\n".join(words.say_problem(each) for each in problem.problems)) from problem
        except TableRefused as problem:
            raise Invalid(str(problem)) from problem
        tell("compare", 0)
        with here.db.write() as connection:
            number = imports.put(
                connection,
                reading,
                chosen,
                by=BY,
                now=state.utc_now(),
                file_name=Path(file).name,
                file_hash=imports.hash_of(opened),
                mapping=mapped,
            )
            school = listing.school_of(connection, state.utc_now().date())
            plan = imports.plan(connection, number, school)
        done = False
        try:
            if not dry_run and not plan.diff.empty:
                _ask(plan, yes, many_leave)
                tell("apply", 0)
                with here.db.write() as connection:
                    imports.apply(connection, number, school, by=BY, now=state.utc_now(), second=True)
                done = True
        finally:
            if not done:
                with here.db.write() as connection:
                    imports.drop(connection, number, by=BY, now=state.utc_now())
    lines = _said(plan)
    lines.append("done" if done else "nothing was changed")
    cli.say("\n".join(lines), {**_data(plan), "applied": done})


def _teller(progress: bool) -> Any:
    def tell(what: str, rows: int) -> None:
        if progress:
            line = f"{what}: {rows:,} lines" if rows else what
            sys.stderr.write(f"\r\x1b[K{line}" if sys.stderr.isatty() else f"{line}\n")
            sys.stderr.flush()

    return tell


def _rules(
    connection: Connection,
    rules_file: str | None,
    accounts: str | None,
    template: str | None,
    part: bool,
) -> Rules:
    if rules_file:
        try:
            tree = msgspec.json.decode(cli.read_input(rules_file))
        except msgspec.DecodeError as problem:
            raise Invalid(f"{rules_file}: {problem}") from problem
        if not isinstance(tree, dict):
            raise Invalid(f"{rules_file}: rules are one JSON object")
    else:
        language = publishing.school_language(connection)
        tree = msgspec.to_builtins(rules.read_rules(connection, language))
    for name, value in (("accounts", accounts), ("template", template)):
        if value is not None:
            tree[name] = value
    if part:
        tree["whole"] = False
    return rules.make_rules(tree)


def _opened(file: str) -> archives.Opened:
    if file == "-":
        return archives.open_bytes(cli.read_input("-"), "list.csv")
    return archives.open_path(Path(file))


def _ask(plan: Plan, yes: bool, many_leave: bool) -> None:
    """Return once it is confirmed; raise Invalid or Abort."""
    if plan.second and not many_leave:
        raise Invalid(
            f"{len(plan.diff.leaves)} of {plan.here} people would leave: is it the right file?"
            " Look with --dry-run; if it is right, say --many-leave too"
        )
    if yes or cli.shell().json or not sys.stdin.isatty():
        return
    for line in _said(plan):
        click.echo(line, err=True)
    click.confirm("Make the list so?", abort=True, err=True)


def _said(plan: Plan) -> list[str]:
    diff, counts = plan.diff, plan.diff.counts()
    lines = [
        f"{plan.waiting.file_name} ({plan.waiting.source}):"
        f" {counts['joins']} join, {counts['returns']} return,"
        f" {counts['changes']} change ({counts['moved']} to another tier), {counts['leaves']} leave,"
        f" {counts['unchanged']} stay as they are"
    ]
    lines += _some("joins", [f"+ {e.display_name} ({e.person}), {_where(e)}" for e in diff.joins])
    lines += _some("returns", [f"+ {c.after.display_name} ({c.after.person}) returns" for c in diff.returns])
    lines += _some("changes", [_change(c) for c in diff.changes])
    lines += _some("leaves", [f"- {e.display_name} ({e.person})" for e in diff.leaves])
    lines += _some("left out", [f"! {words.say_problem(p)}" for p in plan.finished.problems])
    names = _names(plan)
    lines += _some("notes", [f"? {words.say_problem(p, names=names)}" for p in plan.finished.notes])
    if plan.second:
        lines.append(cli.paint(f"{counts['leaves']} of {plan.here} people would leave.", "warn"))
    return lines


def _names(plan: Plan) -> dict[str, str]:
    return {each.person: f"{each.display_name} ({each.person})" for each in plan.finished.entries}


def _where(entry: Entry) -> str:
    account = f"signs in as {' or '.join(entry.accounts)}" if entry.accounts else "no account"
    return ", ".join(each for each in (entry.tier, entry.room, account) if each)


def _change(change: Change) -> str:
    parts = [
        f"{field}: {store.said(change.before, field) or '–'} → {store.said(change.after, field) or '–'}"
        for field in change.fields
    ]
    return f"~ {change.after.display_name} ({change.after.person}) {'; '.join(parts)}"


def _some(what: str, lines: list[str]) -> list[str]:
    clean = [line if line.isprintable() else ascii(line) for line in lines]
    more = len(clean) - MOST_SHOWN
    return clean if more <= 0 else [*clean[:MOST_SHOWN], f"  and {more} more {what}"]


def _data(plan: Plan) -> dict[str, Any]:
    return {
        "source": plan.waiting.source,
        "counts": plan.diff.counts(),
        "second": plan.second,
        **_diff_data(plan.diff),
        "left_out": [_problem(each) for each in plan.finished.problems],
        "notes": [_problem(each) for each in plan.finished.notes],
    }


def _diff_data(diff: Diff) -> dict[str, Any]:
    return {
        "joins": list(diff.joins),
        "returns": [change.after for change in diff.returns],
        "changes": [
            {
                "person": change.after.person,
                "moved": change.moved,
                "fields": {
                    field: [store.said(change.before, field), store.said(change.after, field)]
                    for field in change.fields
                },
            }
            for change in diff.changes
        ],
        "leaves": list(diff.leaves),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    found = {name: getattr(problem, name) for name in problem.__struct_fields__}
    return {**found, "words": words.say_problem(problem)}


@group.command("diff", epilog=cli.examples("people diff oneroster.zip"))
@click.argument("file")
@click.pass_context
def diff(context: click.Context, file: str) -> None:
    """Say what importing FILE would change; the same as `people import --dry-run`."""
    context.invoke(
        bring,
        file=file,
        dry_run=True,
        yes=False,
        many_leave=False,
        part=False,
        rules_file=None,
        accounts=None,
        template=None,
        mapping=None,
        progress=False,
    )


@group.command("rules", epilog=cli.examples("people rules > rules.json"))
def show_rules() -> None:
    """Print how files are read (columns, accounts, tiers, rooms) as JSON, for --rules."""
    with cli.opened() as here, here.db.read() as connection:
        chosen = rules.read_rules(connection, publishing.school_language(connection))
    cli.say(msgspec.json.format(msgspec.json.encode(chosen)).decode(), chosen)


@group.command("orphans")
def orphans() -> None:
    """Say what does not fit: people without an account, accounts nobody is, classes without a room."""
    with cli.opened() as here, here.db.read() as connection:
        found = listing.find_orphans(connection, state.utc_now())
    rows = [("no account", each.display_name, each.person) for each in found.without_account]
    rows += [
        ("not listed", each.os_user, f"{each.logins} logins, {each.hostname}") for each in found.unlisted
    ]
    rows += [("no room", name, f"{count} pupils") for name, count in found.without_room]
    rows += [("no laptop in", name, f"{count} people") for name, count in found.rooms_without_laptop]
    cli.say(
        cli.table(("what", "who or which", ""), rows) if rows else "everything fits",
        {
            "without_account": [each._asdict() for each in found.without_account],
            "unlisted": [each._asdict() for each in found.unlisted],
            "without_room": found.without_room,
            "rooms_without_laptop": found.rooms_without_laptop,
        },
    )


@group.command("export")
def export() -> None:
    """Write the list of accounts as CSV that `people import` takes; no cell of it runs in a spreadsheet."""
    with cli.opened() as here, here.db.read() as connection:
        listed = people.list_people(connection)
    cli.say(people.write_csv(listed).removesuffix("\n"), listed)


@group.command("list", epilog=cli.examples("people list --search yıldız", "people list --state left"))
@click.option("--search", default="", help="Part of a name, an id or a user name.")
@click.option("--room", default="", help="Only of this room.")
@click.option("--state", "which", type=click.Choice(listing.STATES), default="here", help="Who.")
def show(search: str, room: str, which: listing.State) -> None:
    """Show people: here, left, or here without an account."""
    wanted = listing.Wanted(q=search, room=room, state=which)
    with cli.opened() as here, here.db.read() as connection:
        found = listing.list_page(connection, wanted, rows=people.MAX_PEOPLE).rows
    rows = [
        (
            ", ".join(each.accounts),
            each.person,
            each.display_name,
            each.tier,
            each.room,
            each.year,
            f"{each.left_at:%Y-%m-%d}" if each.left_at else "",
        )
        for each in found
    ]
    head = ("os_user", "person", "display_name", "tier", "room", "year", "left")
    cli.say(cli.table(head, rows), [each._asdict() for each in found])


@group.command("export-person", epilog=cli.examples("people export-person hb-4107 --to may.zip"))
@click.argument("person")
@click.option("--to", "file", required=True, help="Where to write the zip.")
def export_person(person: str, file: str) -> None:
    """
    Write everything held of PERSON (the school's id) as a zip.

    On the pages it is for the safeguarding lead and the head. Here it leaves out the reasons adults wrote,
    and stands in Oversight as a look by the command line.
    """
    with cli.opened() as here:
        now = state.utc_now()
        with here.db.write() as connection:
            oversight.write_look(
                connection, at=now, staff=None, by=cli.BY, what="person-export", person=person
            )
            found = person_export.gather(connection, person, by=cli.BY, now=now, reasons=False)
        try:
            with Path(file).open("xb") as out:
                out.write(person_export.write_zip(found))
        except OSError as problem:
            raise Invalid(f"{file}: {problem.strerror or problem}") from problem
    counts = person_export.counts_of(found)
    rows = [(name, str(count)) for name, count in counts.items()]
    cli.say(cli.table(("what", "rows"), rows), {"file": file, "rows": counts})
