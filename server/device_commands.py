"""`gatepost-server devices`: the laptops."""

import click

from server import cli, devices

group = cli.Group("devices", help="The laptops.")


@group.command("list")
def show() -> None:
    """Show every laptop and where it stands."""
    with cli.opened() as here, here.db.read() as connection:
        found = devices.list_devices(connection)
    rows = [
        (
            d.id,
            d.room,
            d.hostname,
            d.state,
            f"{d.applied_number or '-'}/{d.assigned_number or '-'}",
            f"{d.last_seen_at:%Y-%m-%d %H:%M}" if d.last_seen_at else "never",
        )
        for d in found
    ]
    head = ("laptop", "room", "host name", "state", "policy", "last seen (UTC)")
    cli.say(cli.table(head, rows), [d._asdict() for d in found])


@group.command("retire")
@click.argument("device")
@click.option("--reason", default="retired from the command line")
def retire(device: str, reason: str) -> None:
    """Stop talking to a laptop."""
    with cli.opened() as here, here.db.write() as connection:
        devices.retire(connection, device, reason)
    cli.say(f"{device} is retired; its records stay", {"retired": device})
