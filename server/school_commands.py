"""`gatepost-server init`, `run` and `completion`."""

from pathlib import Path
from typing import Any

import click
import msgspec
from click.shell_completion import get_completion_class
from sqlalchemy import Connection

from policies import schools, tree_files
from policies.schools import SchoolProfile
from server import accounts, cli, people, publishing, settings, state
from server.errors import Invalid
from server.settings import DEFAULT_PORT, Config, laptop_address
from server.state import ServerState


@click.command(
    cls=cli.Command, epilog=cli.examples("init --profile primary-england --demo", "init --school us.toml")
)
@click.option("--profile", metavar="NAME", help="An example school; a wrong name lists them.")
@click.option(
    "--school", metavar="FILE", type=click.Path(path_type=Path), help="Your own school file (TOML)."
)
@click.option("--host", multiple=True, help="Name or address laptops use; may be repeated.")
@click.option("--bind", default="0.0.0.0", show_default=True, help="Address to listen on.")  # noqa: S104
@click.option("--port", type=int, default=DEFAULT_PORT, show_default=True, help="Port to listen on.")
@click.option("--demo", is_flag=True, help="Add the profile's invented people and staff.")
def init(
    profile: str | None, school: Path | None, host: tuple[str, ...], bind: str, port: int, demo: bool
) -> None:
    """Make the data folder, keys, certificate, and publish the first policy."""
    chosen = school_of(profile, school)
    folder = cli.folder()
    if folder.config.exists():
        raise Invalid(f"{folder.path} is set up already; change {folder.config} or choose another --data")
    config = Config(profile=chosen.name, hosts=host, bind=bind, port=port)
    msgspec.convert(msgspec.to_builtins(config), Config)
    folder.make()
    settings.write_config(folder, config)
    try:
        with cli.opened() as here:
            staff = _fill(here, chosen, demo)
    except BaseException:
        folder.config.unlink()  # so that init can be tried again
        raise
    address = laptop_address(config)
    lines = [f"{chosen.school.name}: the data is in {folder.path}, the address will be {address}"]
    for line in staff:
        lines.append(f"  {line['name']}: signs in as {line['username']} with {line['password']}")
    lines += [f"  still to do: {schools.SUPPLY_WORDS[what]['en']}" for what in chosen.must_supply]
    if not staff:
        lines.append("  next: gatepost-server staff add …, people import …, code new …, run")
    cli.say("\n".join(lines), {"address": address, "staff": staff, "must_supply": chosen.must_supply})


@click.command(cls=cli.Command)
@click.option("--bind", help="Address to listen on, instead of server.toml's.")
@click.option("--port", type=int, help="Port, instead of server.toml's.")
def run(bind: str | None, port: int | None) -> None:
    """Serve until stopped."""
    from server import serving  # the only command that needs the web pages

    here = state.open_state(cli.folder())
    serving.serve(
        here,
        lambda address: cli.say(f"listening on {address}", {"listening": address}),
        bind,
        port,
    )


@click.command(
    cls=cli.Command, epilog='\b\nFor bash, in ~/.bashrc:\n  eval "$(gatepost-server completion bash)"'
)
@click.argument("kind", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
def completion(kind: str) -> None:
    """Print the lines that let a SHELL (bash, zsh or fish) complete the words of this program."""
    found = get_completion_class(kind)
    assert found is not None
    source = found(click.Group(), {}, cli.PROGRAM, "_GATEPOST_SERVER_COMPLETE").source()
    cli.say(source, {"shell": kind, "source": source})


def school_of(profile: str | None, school: Path | None) -> SchoolProfile:
    """Return the example profile or the school file that was named, exactly one of them."""
    if (profile is None) == (school is None):
        raise click.UsageError("Say either --profile NAME or --school FILE.")
    if profile is not None:
        return schools.load_profile(profile)
    assert school is not None
    try:
        return schools.parse_school(school.read_bytes(), school.stem)
    except OSError as problem:
        raise Invalid(f"{school}: {problem}") from problem


def publish_school(
    connection: Connection, school: SchoolProfile, reason: str, *, with_times: bool = True
) -> int:
    """Publish a whole school profile and return the policy's number; a demo keeps no hours."""
    return publishing.publish(
        connection,
        school=school.school,
        settings=school.settings,
        tiers=school.tiers,
        profile=school.name,
        by=cli.BY,
        now=state.utc_now(),
        reason=reason,
        layers=tree_files.school_times(school.when) if with_times else (),
    )


def _fill(here: ServerState, school: SchoolProfile, demo: bool) -> list[dict[str, Any]]:
    now, staff = state.utc_now(), []
    with here.db.write() as connection:
        publish_school(connection, school, "the first policy", with_times=not demo)
        if not demo:
            return []
        listed = [msgspec.convert(msgspec.to_builtins(someone), people.Person) for someone in school.people]
        people.replace_people(connection, listed)
        rooms = tuple(sorted({someone.room for someone in listed if someone.room}))
        for adult in school.staff:
            password = cli.new_password()
            accounts.add_staff(
                connection,
                name=adult.username,
                display_name=adult.name,
                roles=frozenset(adult.roles),
                rooms=rooms if "teacher" in adult.roles else (),
                password=password,
                language=school.settings.agreement.languages[0],
                by=cli.BY,
                now=now,
            )
            staff.append(
                {
                    "name": adult.name,
                    "username": adult.username,
                    "roles": sorted(adult.roles),
                    "password": password,
                }
            )
    return staff
