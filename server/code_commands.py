"""`gatepost-server code`: enrolment codes for laptops."""

import click

from server import cli, codes, state
from server.settings import LOOPBACK_HELP, is_loopback, laptop_address

group = cli.Group("code", help="Enrolment codes for laptops.")


@group.command(
    "new",
    epilog=cli.examples('code new --room "Room 12" --uses 30', 'code new --room "Lab 1" --room "Lab 2"'),
)
@click.option(
    "--room", "rooms", multiple=True, required=True, help="Where the laptops will stand; repeatable."
)
@click.option("--uses", type=int, default=1, show_default=True, help="How many laptops in each room.")
@click.option("--hours", type=int, default=24, show_default=True, help="How long it serves.")
def new(rooms: tuple[str, ...], uses: int, hours: int) -> None:
    """Make a code for each room; they are shown this once. The page Enrol prints them with QR codes."""
    with cli.opened() as here, here.db.write() as connection:
        made = codes.new_codes(
            connection,
            here.ca_der,
            rooms=list(dict.fromkeys(rooms)),
            uses=uses,
            hours=hours,
            by=cli.BY,
            now=state.utc_now(),
        )
    address = laptop_address(here.config)
    lines = []
    for one in made:
        until = f"{one.expires_at:%Y-%m-%d %H:%M} UTC"
        lines += [
            one.text,
            f"serves {one.uses} laptop(s) for {one.room} until {until}",
            f"on each laptop, as root: gatepost-agent enrol {address} {one.text}",
        ]
    if is_loopback(address):
        lines.append(f"only this machine reaches {address}: {LOOPBACK_HELP}")
    told = [
        {"code": one.text, "id": one.id, "room": one.room, "expires_at": one.expires_at, "address": address}
        for one in made
    ]
    cli.say("\n".join(lines), told[0] if len(told) == 1 else told)


@group.command("list")
def show() -> None:
    """List codes without their secrets."""
    with cli.opened() as here, here.db.read() as connection:
        found = codes.list_codes(connection, state.utc_now())
    rows = [
        (
            str(c.id),
            c.room,
            f"{c.used}/{c.max_uses}",
            f"{c.expires_at:%Y-%m-%d %H:%M}",
            "open" if c.open else "over",
        )
        for c in found
    ]
    text = cli.table(("id", "room", "used", "until (UTC)", ""), rows, {"open": "good"})
    cli.say(text, [c._asdict() for c in found])


@group.command("revoke")
@click.argument("numbers", type=int, nargs=-1, required=True)
def revoke(numbers: tuple[int, ...]) -> None:
    """Take codes back by the id that `code list` shows; a laptop that tries one is told it is unknown."""
    with cli.opened() as here, here.db.write() as connection:
        for number in numbers:
            codes.revoke_code(connection, number)
    cli.say(f"{len(numbers)} taken back", {"revoked": list(numbers)})
