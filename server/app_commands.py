"""`gatepost-server apps`: the register of apps, and programs that laptops have seen and nobody looked at."""

import sys
from datetime import date

import click
import msgspec

from server import app_sheets, apps, cli, spreadsheets, state
from server.app_intake import key_of
from server.apps import AppRefused, Draft, Entry
from server.errors import Invalid, NotFound

group = cli.Group("apps", help="Which apps were looked at, and which programs nobody knows.")


class _OnlyTried(Exception):
    """Nothing of a dry run is kept; this takes it back."""


@group.command("list", epilog=cli.examples("apps list", "apps list --csv > apps.csv"))
@click.option("--find", "needle", default="", help="Only entries with these letters.")
@click.option("--csv", "as_csv", is_flag=True, help="As a spreadsheet that `apps import` takes.")
def list_register(needle: str, as_csv: bool) -> None:
    """Show the register."""
    with cli.opened() as here, here.db.read() as connection:
        found = apps.list_entries(connection, needle=needle)
    if as_csv:
        sys.stdout.write(app_sheets.write_register(found))
        return
    today = date.today()
    rows = [
        (str(each.id), each.name, each.decision, each.evaluator, each.risk_reference, _ages(each),
         f"{each.review_on}{' due' if each.is_due(today) else ''}" if each.review_on else "",
         str(each.laptops))
        for each in found
    ]  # fmt: skip
    head = ("id", "app", "decision", "evaluator", "risk paper", "ages", "review", "laptops")
    looks: dict[str, cli.Look] = {"approved": "good", "open": "warn", "refused": "bad"}
    cli.say(cli.table(head, rows, looks), [each._asdict() for each in found])


@group.command("unknown")
@click.option("--find", "needle", default="", help="Only programs with these letters.")
def list_unknown(needle: str) -> None:
    """Show programs that laptops have seen and that stand in no entry; the newest first."""
    with cli.opened() as here, here.db.read() as connection:
        found = apps.list_unknown(connection, needle=needle)
    rows = [
        (each.app, each.program, f"{each.first_at:%Y-%m-%d}", f"{each.last_at:%Y-%m-%d}", str(each.laptops),
         each.decision)
        for each in found
    ]  # fmt: skip
    head = ("app", "program", "first seen", "last seen", "laptops", "half known, and")
    cli.say(cli.table(head, rows), [each._asdict() for each in found])


@group.command(
    "set",
    epilog=cli.examples(
        "apps set 'Tux Paint' --program tuxpaint --decision approved --by 'Ada Neve' --risk RA-2026-14"
        " --ages 4-11 --review 2027-09-01"
    ),
)
@click.argument("name")
@click.option("--program", "names", multiple=True, help="As laptops tell it; may be given several times.")
@click.option("--decision", type=click.Choice(apps.DECISIONS), help="open: being looked at.")
@click.option("--by", "evaluator", help="Who looked at it.")
@click.option("--risk", "risk_reference", help="Where the risk assessment is.")
@click.option("--ages", help="As 7-11; empty for all.")
@click.option("--review", "review_on", type=click.DateTime(["%Y-%m-%d"]), help="When it is looked at again.")
@click.option("--note", help="What else is to be known.")
def set_entry(name: str, names: tuple[str, ...], ages: str | None, **given: object) -> None:
    """Add the app NAME to the register, or change what is given of it."""
    now = state.utc_now()
    changes = {key: value for key, value in given.items() if value is not None}
    if isinstance(given["review_on"], date):
        changes["review_on"] = given["review_on"].date()  # type: ignore[attr-defined]
    with cli.opened() as here, here.db.write() as connection:
        entry = apps.find_by_name(connection, name)
        before = _draft_of(apps.get(connection, entry)) if entry is not None else Draft(name=name)
        if names:
            changes["names"] = (*before.names, *names)
        if ages is not None:
            changes["age_from"], changes["age_to"] = _read_ages(ages)
        try:
            draft = msgspec.structs.replace(before, **changes)
            made = apps.save(connection, draft, by=cli.BY, now=now, entry=entry)
        except AppRefused as problem:
            raise Invalid(app_sheets.SENTENCES[problem.kind].format(about=problem.about)) from problem
    cli.say(f"{made.name}: {made.decision}", made._asdict())


@group.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Take the app NAME out of the register; its programs count as unknown again."""
    with cli.opened() as here, here.db.write() as connection:
        entry = apps.find_by_name(connection, name)
        if entry is None:
            raise NotFound(f"the register has no app {name!r}; look at `apps list`")
        apps.remove(connection, entry, by=cli.BY, now=state.utc_now())
    cli.say(f"{name} is no longer in the register", {"removed": key_of(name)})


@group.command("import", epilog=cli.examples("apps import apps.csv --dry-run"))
@click.argument("file")
@click.option("--dry-run", is_flag=True, help="Only say what it would do.")
def import_register(file: str, dry_run: bool) -> None:
    """Add and change entries from a CSV FILE, found by their names; all of it or nothing."""
    data = cli.read_input(file, spreadsheets.MOST_BYTES)
    outcome = None
    with cli.opened() as here:
        try:
            with here.db.write() as connection:
                outcome = app_sheets.take(connection, data, by=cli.BY, now=state.utc_now())
                if dry_run or outcome.wrong:
                    raise _OnlyTried
        except _OnlyTried:
            pass
    assert outcome is not None
    kept = not dry_run and not outcome.wrong
    lines = [f"line {each.line}: {each.sentence}" for each in outcome.wrong]
    lines.append(
        f"{'' if kept else 'nothing was kept; it would be: '}{len(outcome.added)} added,"
        f" {len(outcome.changed)} changed, {outcome.same} as they were"
    )
    data_out = {
        "kept": kept,
        "added": outcome.added,
        "changed": outcome.changed,
        "same": outcome.same,
        "wrong": [{"line": each.line, "kind": each.kind, "why": each.sentence} for each in outcome.wrong],
    }
    cli.say("\n".join(lines), data_out)
    if outcome.wrong:
        click.get_current_context().exit(1)


def _draft_of(entry: Entry) -> Draft:
    return Draft(**{field: getattr(entry, field) for field in Draft.__struct_fields__})


def _ages(entry: Entry) -> str:
    if entry.age_from is None and entry.age_to is None:
        return ""
    return f"{entry.age_from or ''}-{entry.age_to or ''}"


def _read_ages(text: str) -> tuple[int | None, int | None]:
    low, dash, high = (part.strip() for part in text.partition("-"))
    if any(part and not (part.isascii() and part.isdigit() and len(part) < 4) for part in (low, high)):
        raise click.UsageError("--ages: write it as 7-11, 7- or -11")
    if low and not dash:
        high = low
    return (int(low) if low else None), (int(high) if high else None)
