"""`gatepost-server code`: enrolment codes for laptops."""

import click

from server import cli, codes, state
from server.settings import LOOPBACK_HELP, is_loopback, laptop_address

group = cli.Group("code", help="Enrolment codes for laptops.")


@group.command("new", epilog=cli.examples('code new --room "Room 12" --uses 30'))
@click.option("--room", required=True, help="Where the laptops will stand.")
@click.option("--uses", type=int, default=1, show_default=True, help="How many laptops.")
@click.option("--hours", type=int, default=24, show_default=True, help="How long it serves.")
def new(room: str, uses: int, hours: int) -> None:
    """Make a code; it is shown this once."""
    with cli.opened() as here, here.db.write() as connection:
        made = codes.new_code(
            connection, here.ca_der, room=room, uses=uses, hours=hours, by=cli.BY, now=state.utc_now()
        )
    until = f"{made.expires_at:%Y-%m-%d %H:%M} UTC"
    address = laptop_address(here.config)
    text = (
        f"{made.text}\nserves {made.uses} laptop(s) for {made.room} until {until}\n"
        f"on each laptop, as root: gatepost-agent enrol {address} {made.text}"
    )
    if is_loopback(address):
        text += f"\nonly this machine reaches {address}: {LOOPBACK_HELP}"
    data = {"code": made.text, "id": made.id, "room": made.room, "expires_at": made.expires_at}
    cli.say(text, data)


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
