"""`gatepost-server policy export | check | diff | apply`: settings as a folder of files, for git."""

from pathlib import Path
from typing import Any

import click
import msgspec

from policies import tree_files
from policies.resolving import empty_places
from policies.settings import SettingsRefused
from policies.tree import PolicyTree
from server import change_words, cli, placing, policy_saying, proposing
from server.errors import Invalid

DIFFERS = 3
"""Exit code of `diff` where the folder says something else than the server."""
_folder = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


@click.command(cls=cli.Command, epilog=cli.examples("policy export settings/"))
@_folder
def export(folder: Path) -> None:
    """Write the settings that hold now into FOLDER; files that say the same are left as they are."""
    with cli.opened() as here, here.db.read() as connection:
        newest = proposing.must_have_settings(connection)
    tree_files.write_folder(folder, newest.tree)
    names = sorted(tree_files.tree_to_files(newest.tree))
    text = f"policy {newest.number} is in {folder}: {len(names)} files"
    cli.say(text, {"number": newest.number, "files": names})


@click.command(cls=cli.Command, epilog=cli.examples("policy check settings/"))
@_folder
@click.option("--alone", is_flag=True, help="Without a server's data folder: as a CI of the files can.")
def check(folder: Path, alone: bool) -> None:
    """Say whether FOLDER holds settings that every laptop could take. Changes nothing; exit code 1: no."""
    tree = read(folder)
    empty: list[str] = []
    if alone:
        proposing.check_alone(tree)
    else:
        with cli.opened() as here, here.db.read() as connection:
            proposing.check(connection, tree)
            where = placing.placements(connection).values()
            empty = [f"{scope} {name}" for scope, name in empty_places(tree, where)]
    layers = len(tree.layers)
    places = "1 place has its own settings" if layers == 1 else f"{layers} places have their own settings"
    for place in empty:
        cli.note(f"no laptop is in {place}: is its name misspelt?")
    known = {"good": True, "layers": layers, "without_laptops": empty}
    cli.say(f"{folder} is good: {tree.school.name}, {places}", known)


@click.command(cls=cli.Command, epilog=cli.examples("policy diff settings/"))
@_folder
def diff(folder: Path) -> None:
    """
    Say in words what FOLDER would change, whom it affects and what it weakens. Changes nothing.

    Exit code 0: nothing; 3: it differs; 1: the folder cannot be read or no laptop could take it.
    """
    tree = read(folder)
    with cli.opened() as here, here.db.read() as connection:
        newest = proposing.must_have_settings(connection)
        proposing.check(connection, tree)
        found = proposing.preview(connection, newest.tree, tree)
        touched = proposing.affected(connection, newest.tree, tree)
        names = policy_saying.hostnames(connection)
    lines = change_words.sentences(found, hostnames=names)
    differs = proposing.differ(newest.tree, tree)
    weakens = any(change.weakens for change in found)
    known: dict[str, Any] = {
        "differs": differs,
        "number": newest.number,
        "weakens": weakens,
        "changes": [
            {"words": line, "weakens": change.weakens, "why": change.why_weakens}
            for line, change in zip(lines, found, strict=True)
        ],
        "affected": len(touched),
        "laptops": touched,
    }
    if not differs:
        cli.say(f"{folder} says what policy {newest.number} says", known)
        return
    told = "\n".join(lines) or "Only the order or the notes of layers differ."
    more = "\nIt weakens protection: a second adult has to approve it." if weakens else ""
    cli.say(f"{told}\n{len(touched)} laptops get other settings.{more}", known)
    click.get_current_context().exit(DIFFERS)


@click.command(
    cls=cli.Command,
    epilog=cli.examples(
        'policy apply settings/ --reason "exam week" --wait',
        'policy apply settings/ --reason "new lock time" --ring group:pilot --ring "room:Lab 1"',
    ),
)
@_folder
@click.option(
    "--base", type=int, help="The number these files came from (`export`): refused if others saved since."
)
@policy_saying.change_options
def apply(folder: Path, base: int | None, **how: Any) -> None:
    """
    Make the settings be what FOLDER says.

    Exit code 0: done, or nothing to do; 1: refused; 4: kept, and it waits for a second adult.
    """
    tree = read(folder)

    def make(newest: Any) -> PolicyTree:
        if base is not None and base != newest.number:
            when = f"{newest.at:%Y-%m-%d %H:%M} UTC"
            raise Invalid(
                f"these files were made of policy {base}; since then {newest.by.name} saved policy "
                f"{newest.number} at {when}. Export again, put your change in, and apply that"
            )
        return tree

    with cli.opened() as here:
        policy_saying.change(here, make, policy_saying.given(**how))


def read(folder: Path) -> PolicyTree:
    """Return the settings in a folder; raise SettingsRefused, naming file and field."""
    if not folder.is_dir():
        raise Invalid(f"{folder} is no folder: make it with `policy export {folder}`")
    try:
        return tree_files.read_folder(folder)
    except msgspec.ValidationError as problem:
        raise SettingsRefused(str(problem)) from problem


COMMANDS = (export, check, diff, apply)
