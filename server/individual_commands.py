"""`gatepost-server restrictions | resign | countersign`: what holds, from a shell; set it on the pages.

The shell has no office: it says who by the school's own id, never by name, and never a reason.
"""

from datetime import datetime

import click
from sqlalchemy import Connection

from policies.settings import AgreementSettings
from server import cli, countersigning, policy_store, state
from server.individual import resigning, restricting

restrictions_group = cli.Group("restrictions", help="Limits on signing in that hold, and until when.")
resign_group = cli.Group("resign", help="Who is not let in before a meeting is recorded.")
countersign_group = cli.Group("countersign", help="Adults whose acceptance waits for the head.")


def _stamp(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M}"


@restrictions_group.command("list", epilog=cli.examples("restrictions list --json"))
def list_restrictions() -> None:
    """Show the limits that hold, the one that ends first on top."""
    now = state.utc_now()
    with cli.opened() as here, here.db.read() as connection:
        held = restricting.in_force(connection, now)
    rows = [
        (
            str(each.id),
            each.person,
            _stamp(each.until),
            f"{','.join(each.only_in.days)} {each.only_in.starts}-{each.only_in.ends}"
            if each.only_in
            else "not at all",
        )
        for each in held
    ]
    data = [
        {"id": each.id, "person": each.person, "until": each.until, "only_in": each.only_in} for each in held
    ]
    text = cli.table(("id", "person", "until", "may sign in"), rows) if rows else "No limit holds."
    cli.say(text, {"restrictions": data})


@resign_group.command("list", epilog=cli.examples("resign list"))
def list_resigns() -> None:
    """Show for whom a meeting is waited for, the oldest first."""
    with cli.opened() as here, here.db.read() as connection:
        waiting = resigning.waiting(connection)
    rows = [(str(each.id), each.person, _stamp(each.at)) for each in waiting]
    data = [{"id": each.id, "person": each.person, "since": each.at} for each in waiting]
    text = cli.table(("id", "person", "since"), rows) if rows else "No meeting is waited for."
    cli.say(text, {"waiting": data})


def _starts(connection: Connection) -> str:
    newest = policy_store.newest_number(connection)
    if newest is None:
        return AgreementSettings().school_year_starts
    return policy_store.settings_in(connection, newest[1]).agreement.school_year_starts


@countersign_group.command("list", epilog=cli.examples("countersign list", "countersign list --waiting"))
@click.option("--waiting", is_flag=True, help="Only those that wait for the head.")
def list_countersigns(waiting: bool) -> None:
    """Show how each adult's agreement stands, those that wait on top; for a reminder by a timer."""
    today = state.utc_now().astimezone().date()
    with cli.opened() as here, here.db.read() as connection:
        lines = countersigning.list_lines(connection, today, _starts(connection))
        asked = countersigning.is_asked_for(connection)
    shown = [line for line in lines if line.state == "pending" or not waiting]
    rows = [
        (
            line.person,
            line.state,
            _stamp(line.accepted_at),
            line.lapses_on.isoformat() if line.lapses_on else "",
        )
        for line in shown
    ]
    data = [
        {
            "person": line.person,
            "state": line.state,
            "accepted_at": line.accepted_at,
            "countersigned_at": line.countersigned_at,
            "lapses_on": line.lapses_on,
        }
        for line in shown
    ]
    looks: dict[str, cli.Look] = {"pending": "warn", "due": "warn", "countersigned": "good"}
    text = cli.table(("person", "state", "accepted", "lapses"), rows, looks) if rows else "Nothing waits."
    if not asked:
        text += "\nThe school's settings do not ask for countersignatures."
    cli.say(text, {"asked": asked, "adults": data})
