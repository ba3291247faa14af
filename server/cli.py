"""
What all commands of `gatepost-server` share: where the data is, text or JSON, tables, colour, exit codes.

A room's commands are a module `server/<room>_commands.py` with `group = cli.Group("room", help=…)`, listed in
`server/__main__.py` and imported only when somebody calls it.
"""

import os
import secrets
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click
import msgspec

from policies.agreements import AgreementRefused
from policies.media import COMMAND_LINE
from policies.settings import SettingsRefused
from server.errors import Invalid, ServerError
from server.settings import DEFAULT_FOLDER, Folder

if TYPE_CHECKING:
    from server.state import ServerState

Item = TypeVar("Item")
PROGRAM = "gatepost-server"
BY = COMMAND_LINE
"""Who did it, in what is kept."""
Look = Literal["good", "warn", "bad", "head"]
_LOOKS: dict[Look, dict[str, Any]] = {
    "good": {"fg": "green"},
    "warn": {"fg": "yellow"},
    "bad": {"fg": "red", "bold": True},
    "head": {"bold": True},
}
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass
class Shell:
    """What the shared options said; one for the whole command line."""

    path: Path = DEFAULT_FOLDER
    json: bool = False


def shell() -> Shell:
    """Return what the shared options said."""
    return click.get_current_context().ensure_object(Shell)


def folder() -> Folder:
    """Return the data folder of `--data`."""
    return Folder(shell().path)


@contextmanager
def opened() -> Iterator["ServerState"]:
    """Open the data folder for one command; a server may run on it at the same time."""
    from server import state

    here = state.open_state(folder())
    here.db.upgrade()
    try:
        yield here
    finally:
        here.db.close()


def say(text: str, data: object) -> None:
    """Write the answer: text for people, or one line of JSON for programs (`--json`)."""
    click.echo(msgspec.json.encode(data, enc_hook=str).decode() if shell().json else text)


def note(text: str) -> None:
    """Write a remark to standard error, for people only: it is no part of the answer."""
    if not shell().json:
        click.echo(text, err=True)


def paint(text: str, look: Look) -> str:
    """Return words in the colour of their meaning; `say` leaves it out where no terminal listens."""
    return click.style(text, **_LOOKS[look])


def safe(text: str) -> str:
    """Return one line that is safe to print: a hostile host name must not move its reader's cursor."""
    return text if text.isprintable() else ascii(text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], looks: Mapping[str, Look] | None = None) -> str:
    """Return rows under their heads as plain text; a cell that is a word of `looks` is painted so."""
    plain = [[safe(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in plain) for i in range(len(head))]

    def line(row: Sequence[str], always: Look | None = None) -> str:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        padded[-1:] = [cell.rstrip() for cell in padded[-1:]]
        found = [always or (looks or {}).get(cell) for cell in row]
        text = "  ".join(paint(p, look) if look else p for p, look in zip(padded, found, strict=True))
        return text.rstrip()

    return "\n".join([line(plain[0], "head"), *(line(row) for row in plain[1:])])


def progress(
    items: Iterable[Item], label: str, length: int | None = None
) -> AbstractContextManager[Iterable[Item]]:
    """Return `items` with a bar on standard error while they are gone through; no bar without a terminal."""
    quiet = shell().json or not sys.stderr.isatty()
    bar: AbstractContextManager[Iterable[Item]] = click.progressbar(
        items, label=label, length=length, file=sys.stderr, hidden=quiet
    )
    return bar


def new_password() -> str:
    """Return a strong password that can be read out: four groups of four."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def examples(*lines: str) -> str:
    """Return the end of a `--help` page: commands to try, as they are typed."""
    return "\b\nExamples:\n" + "\n".join(f"  {PROGRAM} {line}" for line in lines)


def read_input(name: str, most_bytes: int = 64 * 1024 * 1024) -> bytes:
    """Return the bytes of a file, or of standard input for `-`; raise Invalid if it cannot be read."""
    try:
        if name == "-":
            found = sys.stdin.buffer.read(most_bytes + 1)
        else:
            with Path(name).open("rb") as file:
                found = file.read(most_bytes + 1)
    except OSError as problem:
        raise Invalid(f"{name}: {problem.strerror or problem}") from problem
    if len(found) > most_bytes:
        raise Invalid(f"{name} is longer than {most_bytes // 1024 // 1024} MiB: it is hardly the right file")
    return found


# ---- commands and groups: `--data` and `--json` may stand before or after every word ----


def _set_json(context: click.Context, _: click.Parameter, given: bool) -> None:
    if given:
        context.ensure_object(Shell).json = True


def _set_data(context: click.Context, _: click.Parameter, given: Path | None) -> None:
    if given is not None:
        context.ensure_object(Shell).path = given


def _shared(hidden: bool) -> list[click.Parameter]:
    data = click.Option(
        ["--data", "--folder"],
        type=click.Path(path_type=Path),
        callback=_set_data,
        expose_value=False,
        hidden=hidden,
        help=f"Data folder.  [default: {DEFAULT_FOLDER}]",
    )
    as_json = click.Option(
        ["--json"],
        is_flag=True,
        callback=_set_json,
        expose_value=False,
        hidden=hidden,
        help="Answer as one line of JSON.",
    )
    return [data, as_json]


_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Command(click.Command):
    """A command that also takes `--data` and `--json`."""

    def __init__(self, name: str | None, **given: Any) -> None:
        given["params"] = [*(given.get("params") or []), *_shared(hidden=True)]
        given["context_settings"] = {**_HELP, **(given.get("context_settings") or {})}
        super().__init__(name, **given)


class Group(click.Group):
    """A word with commands under it; `@group.command("word")` adds one."""

    command_class = Command
    group_class = type

    def __init__(self, name: str | None = None, *, top: bool = False, **given: Any) -> None:
        given["params"] = [*(given.get("params") or []), *_shared(hidden=not top)]
        given["context_settings"] = {**_HELP, **(given.get("context_settings") or {})}
        super().__init__(name, **given)


class Rooms(Group):
    """The first words: what is behind each is imported when it is called, so that starting is quick."""

    def __init__(self, rooms: Mapping[str, tuple[str, str]], **given: Any) -> None:
        """Take word -> (module below `server`, what it is); `module:object` where it is not `group`."""
        super().__init__(top=True, **given)
        self._rooms = rooms

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the words in the order they were given."""
        return list(self._rooms)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in self._rooms:
            return None
        module, _, attribute = self._rooms[cmd_name][0].partition(":")
        found: click.Command = getattr(import_module(f"server.{module}"), attribute or "group")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of words without importing what is behind them."""
        with formatter.section("Commands"):
            formatter.write_dl([(word, words) for word, (_, words) in self._rooms.items()])


def run(top: click.Command, arguments: list[str] | None = None) -> int:
    """
    Do what a command line says and return the exit code.

    0 done; 1 refused or failed, 2 wrong usage: the reason is on standard error.
    """
    colour = False if "NO_COLOR" in os.environ else None
    try:
        done = top.main(arguments, prog_name=PROGRAM, standalone_mode=False, color=colour)
    except click.UsageError as problem:
        problem.show()
        return 2
    except click.Abort:
        return _refuse("stopped", colour)
    except click.ClickException as problem:
        return _refuse(problem.format_message(), colour)
    except (ServerError, SettingsRefused, AgreementRefused) as problem:
        return _refuse(str(problem), colour)
    except PermissionError as problem:
        return _refuse(f"{problem}: run it as the folder's owner", colour)
    except BrokenPipeError:
        return 1
    return done if isinstance(done, int) else 0


def _refuse(why: str, colour: bool | None) -> int:
    click.echo(f"{click.style(PROGRAM, fg='red', bold=True)}: {why}", err=True, color=colour)
    return 1
