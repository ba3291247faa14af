"""`gatepost-server staff rooms` and `cover`: which teacher may open which room when."""

from datetime import datetime, timedelta

import click

from server import accounts, cli, covers, duties, state, supervising
from server.duty_log import Giver
from server.errors import Invalid

BY = Giver(None, cli.BY)


def add_to(group: click.Group) -> None:
    """Put the commands below another group."""
    group.add_command(rooms)
    group.add_command(cover)
    group.add_command(list_covers)
    group.add_command(end_cover)


@click.command(
    "rooms",
    cls=cli.Command,
    epilog=cli.examples('staff rooms l.demir "Lab 2" --lesson "mon,wed 09:00-10:00"'),
)
@click.argument("name")
@click.argument("room", required=False)
@click.option("--lesson", multiple=True, help="Days and hours, as in mon,tue 09:00-10:00; may be repeated.")
@click.option("--any-time", is_flag=True, help="The room is theirs at any time again.")
def rooms(name: str, room: str | None, lesson: tuple[str, ...], any_time: bool) -> None:
    """
    Show a teacher's rooms, or say when one of them is theirs.

    The lessons given replace those known.
    """
    if room is None or not (lesson or any_time):
        if lesson or any_time:
            raise Invalid("name the room too")
        _show(name, room)
        return
    if lesson and any_time:
        raise Invalid("give lessons or --any-time, not both")
    windows = [duties.read_window(each) for each in lesson]
    with cli.opened() as here, here.db.write() as connection:
        account = accounts.find_staff(connection, name)
        duties.set_hours(connection, account.id, room, windows, by=BY, now=state.utc_now())
    _show(name, room)


def _show(name: str, room: str | None) -> None:
    with cli.opened() as here, here.db.read() as connection:
        account = accounts.find_staff(connection, name)
        hours = duties.hours_of(connection, account.id)
    told = {
        each: [duties.say_window(one.window) for one in hours if one.room == each]
        for each in account.rooms
        if room in (None, each)
    }
    rows = [(each, "; ".join(lessons) or "at any time") for each, lessons in told.items()]
    cli.say(cli.table(("room", "lessons"), rows), told)


@click.command(
    "cover",
    cls=cli.Command,
    epilog=cli.examples('staff cover j.reed "Lab 2" --hours 2 --reason "Ms Demir is ill"'),
)
@click.argument("name")
@click.argument("room")
@click.option("--from", "begins", help="Day and time here, as in 2026-11-24T09:00; now if left out.")
@click.option("--until", "ends", help="Day and time here; or give --hours.")
@click.option("--hours", type=click.FloatRange(0, 744, min_open=True), help="How long it lasts.")
@click.option("--reason", required=True, help="Stands in Oversight.")
def cover(
    name: str, room: str, begins: str | None, ends: str | None, hours: float | None, reason: str
) -> None:
    """Give a teacher a room for a while."""
    if (ends is None) == (hours is None):
        raise Invalid("give either --until or --hours")
    now = state.utc_now()
    from_at = now if begins is None else _moment(begins)
    until = from_at + timedelta(hours=hours or 0) if ends is None else _moment(ends)
    with cli.opened() as here, here.db.write() as connection:
        account = accounts.find_staff(connection, name)
        grant = covers.give_cover(
            connection, account.id, room, from_at=from_at, until=until, reason=reason, by=BY, now=now
        )
    told = f"{account.name} covers {room} until {until.astimezone():%Y-%m-%d %H:%M}; cover number {grant}"
    cli.say(told, {"cover": grant, "name": account.name, "room": room, "until": until.isoformat()})


@click.command("covers", cls=cli.Command)
def list_covers() -> None:
    """Show covers that hold or are still to come."""
    with cli.opened() as here, here.db.read() as connection:
        found = covers.list_covers(connection, state.utc_now())
    rows = [
        (
            str(each.id),
            each.name,
            each.room,
            f"{each.from_at.astimezone():%Y-%m-%d %H:%M}",
            f"{each.until.astimezone():%Y-%m-%d %H:%M}",
            each.reason,
            each.by,
        )
        for each in found
    ]
    head = ("number", "teacher", "room", "from", "until", "reason", "by")
    told = [
        {
            "cover": each.id,
            "name": each.name,
            "room": each.room,
            "from": each.from_at.isoformat(),
            "until": each.until.isoformat(),
            "reason": each.reason,
            "by": each.by,
        }
        for each in found
    ]
    cli.say(cli.table(head, rows), told)


@click.command("cover-end", cls=cli.Command)
@click.argument("number", type=click.IntRange(1, 2**53))
def end_cover(number: int) -> None:
    """End a cover now; whoever supervises by it is checked out."""
    with cli.opened() as here, here.db.write() as connection:
        ended = supervising.end_cover(connection, number, by=BY, now=state.utc_now())
    cli.say(f"{ended.name} covers {ended.room} no longer", {"cover": number, "room": ended.room})


def _moment(text: str) -> datetime:
    """Return a moment written without a zone as this machine's own time. Raises Invalid."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError) as problem:
        raise Invalid(f"{text[:40]!r} is no time; write it as 2026-11-24T09:00") from problem
