"""`gatepost-server people`: who may log in."""

import click

from server import cli, people
from server.errors import Invalid

group = cli.Group("people", help="Who may log in.")


@group.command("import", epilog=cli.examples("people import people.csv"))
@click.argument("file")
def bring(file: str) -> None:
    """Replace the list with a CSV FILE (- for standard input)."""
    try:
        text = cli.read_input(file).decode()
    except UnicodeDecodeError as problem:
        raise Invalid(f"{file}: {problem}") from problem
    listed = people.read_csv(text)
    with cli.opened() as here, here.db.write() as connection:
        counts = people.replace_people(connection, listed)
    cli.say(f"{counts.people} people are listed; {counts.removed} are no longer", counts._asdict())


@group.command("export")
def export() -> None:
    """Write the list as CSV."""
    with cli.opened() as here, here.db.read() as connection:
        listed = people.list_people(connection)
    cli.say(people.write_csv(listed).removesuffix("\n"), listed)


@group.command("list")
def show() -> None:
    """Show the list."""
    with cli.opened() as here, here.db.read() as connection:
        listed = people.list_people(connection)
    rows = [tuple(getattr(someone, name) for name in people.COLUMNS) for someone in listed]
    cli.say(cli.table(people.COLUMNS, rows), listed)
