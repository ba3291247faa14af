"""`gatepost-server staff`: the accounts of adults who may sign in."""

import sys

import click

from server import accounts, cli, state

group = cli.Group("staff", help="Adults who may sign in.")
_from_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of making one."
)


@group.command(
    "add", epilog=cli.examples('staff add --name o.kaya --display-name "Ozan Kaya" --role technician')
)
@click.option("--name", required=True, help="For signing in.")
@click.option("--display-name", required=True, help="As pupils and colleagues know them.")
@click.option(
    "--role",
    multiple=True,
    required=True,
    help="teacher, technician, safeguarding, head, governor; may be repeated.",
)
@click.option("--room", multiple=True, help="A teacher's own room; may be repeated.")
@click.option("--language", type=click.Choice(["en", "tr"]), default="en", show_default=True)
@_from_stdin
def add(
    name: str,
    display_name: str,
    role: tuple[str, ...],
    room: tuple[str, ...],
    language: str,
    password_stdin: bool,
) -> None:
    """Add an account; a password is made and shown once."""
    password = _password(password_stdin)
    with cli.opened() as here, here.db.write() as connection:
        accounts.add_staff(
            connection,
            name=name,
            display_name=display_name,
            roles=frozenset(role),
            rooms=room,
            password=password,
            language=language,
            by=cli.BY,
            now=state.utc_now(),
        )
    _say_password(name, password, password_stdin)


@group.command("list")
def show() -> None:
    """Show the accounts."""
    with cli.opened() as here, here.db.read() as connection:
        found = accounts.list_staff(connection)
    rows = [(a.name, a.display_name, ", ".join(sorted(a.roles)), ", ".join(a.rooms)) for a in found]
    text = cli.table(("name", "display name", "roles", "rooms"), rows)
    cli.say(text, [a._asdict() for a in found])


@group.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Close an account."""
    with cli.opened() as here, here.db.write() as connection:
        accounts.remove_staff(connection, name, by=cli.BY)
    cli.say(f"{name} can no longer sign in", {"removed": name})


@group.command("password")
@click.argument("name")
@_from_stdin
def password(name: str, password_stdin: bool) -> None:
    """Give an account a new password; whoever is signed in under it is signed out."""
    new = _password(password_stdin)
    with cli.opened() as here, here.db.write() as connection:
        accounts.set_password(connection, name, new)
    _say_password(name, new, password_stdin)


group.add_command(password, "passwd")


def _password(from_stdin: bool) -> str:
    return sys.stdin.readline().rstrip("\r\n") if from_stdin else cli.new_password()


def _say_password(name: str, password: str, from_stdin: bool) -> None:
    if from_stdin:
        cli.say(f"{name}: done", {"name": name})
    else:
        text = f"{name}: the password is {password} (shown this once)"
        cli.say(text, {"name": name, "password": password})
