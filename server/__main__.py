"""gatepost-server: set up a school's server, run it, and do from a shell what the pages do.

Exit codes: 0 done, 1 refused or failed (the reason is on standard error), 2 wrong usage.
"""

import argparse
import logging
import signal
import sys
from pathlib import Path

from policies.agreements import AgreementRefused
from policies.settings import SettingsRefused
from server import VERSION, commands, media_commands, report_commands
from server.errors import ServerError
from server.settings import DEFAULT_FOLDER, DEFAULT_PORT, Folder

EXAMPLES = """\
examples:
  gatepost-server init --profile primary-england --host gatepost.school.example
  gatepost-server staff add --name o.kaya --display-name "Ozan Kaya" --role technician
  gatepost-server people import people.csv
  gatepost-server code new --room "Room 12" --uses 30
  gatepost-server run
  gatepost-server policy set lock.idle_after_seconds=240 --reason "agreed on Monday"
"""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="gatepost-server",
        description="The school's own Gatepost server.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument(
        "--data", "--folder", type=Path, default=DEFAULT_FOLDER, help="data folder (%(default)s)"
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {VERSION}")
    top.add_argument("--json", action="store_true", help="answer as one line of JSON")
    rooms = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    init = _add(
        rooms, "init", commands.init, "make the data folder, keys, certificate, and publish the first policy"
    )
    source = init.add_mutually_exclusive_group(required=True)
    source.add_argument("--profile", help="name of an example school; a wrong one lists them")
    source.add_argument("--school", type=Path, help="your own school file (TOML)")
    init.add_argument(
        "--host", action="append", default=[], help="name or address laptops use; may be repeated"
    )
    init.add_argument("--bind", default="0.0.0.0", help="address to listen on (%(default)s)")  # noqa: S104
    init.add_argument("--port", type=int, default=DEFAULT_PORT, help="port to listen on (%(default)s)")
    init.add_argument("--demo", action="store_true", help="add the profile's invented people and staff")

    run = _add(rooms, "run", commands.run, "serve until stopped")
    run.add_argument("--bind", help="address to listen on, instead of server.toml's")
    run.add_argument("--port", type=int, help="port, instead of server.toml's")

    _staff(rooms)
    code = _group(rooms, "code", "enrolment codes for laptops")
    new = _add(code, "new", commands.code_new, "make a code; it is shown this once")
    new.add_argument("--room", required=True, help="where the laptops will stand")
    new.add_argument("--uses", type=int, default=1, help="how many laptops (%(default)s)")
    new.add_argument("--hours", type=int, default=24, help="how long it serves (%(default)s)")
    _add(code, "list", commands.code_list, "list codes without their secrets")

    people = _group(rooms, "people", "who may log in")
    bring = _add(
        people, "import", commands.people_import, "replace the list with a CSV file (- for standard input)"
    )
    bring.add_argument("file")
    _add(people, "export", commands.people_export, "write the list as CSV")
    _add(people, "list", commands.people_list, "show the list")

    devices = _group(rooms, "devices", "the laptops")
    _add(devices, "list", commands.devices_list, "show every laptop and where it stands")
    retire = _add(devices, "retire", commands.devices_retire, "stop talking to a laptop")
    retire.add_argument("device")
    retire.add_argument("--reason", default="retired from the command line")

    policy = _group(rooms, "policy", "what laptops obey")
    publish = _add(policy, "publish", commands.policy_publish, "publish a school file or an example profile")
    which = publish.add_mutually_exclusive_group(required=True)
    which.add_argument("--profile")
    which.add_argument("--school", type=Path)
    publish.add_argument("--reason", default="")
    change = _add(policy, "set", commands.policy_set, "publish the current policy with some settings changed")
    change.add_argument(
        "setting", nargs="+", metavar="PART.NAME=VALUE", help="e.g. lock.idle_after_seconds=240"
    )
    change.add_argument("--reason", required=True)
    _add(policy, "show", commands.policy_show, "show the current policy")

    media_commands.add_parsers(_group(rooms, "media", "memory sticks: requests, approvals, finds"), _add)
    report_commands.add_report_parsers(
        _group(rooms, "reports", "how cases and keys stand; never a word"), _add
    )
    report_commands.add_notice_parsers(
        _group(rooms, "notices", "who is told, and where, that a report waits"), _add
    )
    return top


def _staff(rooms: commands.Parsers) -> None:
    staff = _group(rooms, "staff", "adults who may sign in")
    add = _add(staff, "add", commands.staff_add, "add an account; a password is made and shown once")
    add.add_argument("--name", required=True, help="for signing in")
    add.add_argument("--display-name", required=True, help="as pupils and colleagues know them")
    add.add_argument(
        "--role", action="append", required=True, help="teacher, technician, safeguarding, head, governor"
    )
    add.add_argument("--room", action="append", default=[], help="a teacher's own room; may be repeated")
    add.add_argument("--language", choices=("en", "tr"), default="en")
    add.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input instead"
    )
    _add(staff, "list", commands.staff_list, "show the accounts")
    remove = _add(staff, "remove", commands.staff_remove, "close an account")
    remove.add_argument("name")
    for word in ("password", "passwd"):
        password = _add(staff, word, commands.staff_password, "give an account a new password")
        password.add_argument("name")
        password.add_argument("--password-stdin", action="store_true")


def _group(rooms: commands.Parsers, name: str, words: str) -> commands.Parsers:
    return rooms.add_parser(name, help=words, description=words).add_subparsers(
        dest="subcommand", required=True, metavar="WHAT"
    )


def _add(rooms: commands.Parsers, name: str, does: commands.Command, words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = rooms.add_parser(name, help=words, description=words)
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.set_defaults(does=does)
    return parser


def _stop(_: int, __: object) -> None:
    raise SystemExit(0)


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says and return the exit code."""
    given = make_parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Uvicorn repeats the signal that stopped it; being told to stop is not a failure.
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        given.does(given, Folder(given.data))
    except (ServerError, SettingsRefused, AgreementRefused) as problem:
        sys.stderr.write(f"gatepost-server: {problem}\n")
        return 1
    except PermissionError as problem:
        sys.stderr.write(f"gatepost-server: {problem}: run it as the folder's owner\n")
        return 1
    except BrokenPipeError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
