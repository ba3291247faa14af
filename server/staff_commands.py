"""`gatepost-server staff`: the accounts of adults who may sign in."""

import sys

import click

from server import accounts, break_glass, cli, duty_commands, invitations, state
from server.errors import Invalid
from server.settings import LOOPBACK_HELP, is_loopback, laptop_address

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
@click.option("--invite", is_flag=True, help="Make an invitation link instead: they choose a password.")
def add(
    name: str,
    display_name: str,
    role: tuple[str, ...],
    room: tuple[str, ...],
    language: str,
    password_stdin: bool,
    invite: bool,
) -> None:
    """Add an account; a password is made and shown once."""
    password = None if invite else _password(password_stdin)
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
    if password is None:
        _invite(name, None)
    else:
        _say_password(name, password, password_stdin)


@group.command("invite", epilog=cli.examples("staff invite o.kaya"))
@click.argument("name")
@click.option("--hours", type=int, help="How long the link serves; three days if left out.")
def invite(name: str, hours: int | None) -> None:
    """Make a link with which somebody chooses a password that nobody else knows; it serves once."""
    _invite(name, hours)


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
        accounts.give_password(connection, name, new, by=cli.BY, now=state.utc_now())
    _say_password(name, new, password_stdin)


group.add_command(password, "passwd")
duty_commands.add_to(group)


def _invite(name: str, hours: int | None) -> None:
    with cli.opened() as here, here.db.write() as connection:
        account = accounts.find_staff(connection, name)
        if account.name == break_glass.NAME:
            raise Invalid("the break-glass account is sealed: gatepost-server sign-in break-glass seal")
        token = invitations.invite(connection, account, by=cli.BY, now=state.utc_now(), hours=hours)
    address = laptop_address(here.config)
    link = address + invitations.path_of(token)
    text = f"{account.name}: send this link to them alone; it serves once (shown this once)\n{link}"
    if is_loopback(address):
        text += f"\nonly this machine reaches {address}: {LOOPBACK_HELP}"
    cli.say(text, {"name": account.name, "link": link})


def _password(from_stdin: bool) -> str:
    return sys.stdin.readline().rstrip("\r\n") if from_stdin else cli.new_password()


def _say_password(name: str, password: str, from_stdin: bool) -> None:
    if from_stdin:
        cli.say(f"{name}: done", {"name": name})
    else:
        text = f"{name}: the password is {password} (shown this once)"
        cli.say(text, {"name": name, "password": password})
