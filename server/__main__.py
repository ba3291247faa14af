"""gatepost-server: set up a school's server, run it, and do from a shell what the pages do."""

import logging
import signal
import sys

import click

from server import VERSION, cli

ROOMS = {
    "init": (
        "school_commands:init",
        "Make the data folder, keys, certificate, and publish the first policy.",
    ),
    "run": ("school_commands:run", "Serve until stopped."),
    "staff": ("staff_commands", "Adults who may sign in."),
    "sign-in": ("sign_in_commands", "How staff sign in: second step, school account, break-glass, tokens."),
    "code": ("code_commands", "Enrolment codes for laptops."),
    "people": ("people_commands", "Who may log in."),
    "restrictions": (
        "individual_commands:restrictions_group",
        "Limits on signing in that hold, and until when.",
    ),
    "resign": ("individual_commands:resign_group", "Who is not let in before a meeting is recorded."),
    "countersign": ("individual_commands:countersign_group", "Adults whose acceptance waits for the head."),
    "devices": ("device_commands", "The laptops."),
    "loans": ("loan_commands", "Laptops that somebody took home."),
    "policy": ("policy_commands", "What laptops obey."),
    "media": ("media_commands", "Memory sticks: requests, approvals, finds."),
    "apps": ("app_commands", "Which apps were looked at, and which programs nobody knows."),
    "reports": ("report_commands", "How cases and keys stand; never a word."),
    "notices": ("report_commands:notices_group", "Who is told, and where, that a report waits."),
    "completion": ("school_commands:completion", "Print the lines that let a shell complete these words."),
}
"""The first word, the module with its `group` (or the object named after the colon), and what it is."""

EXAMPLES = cli.examples(
    "init --profile primary-england --host gatepost.school.example",
    'staff add --name o.kaya --display-name "Ozan Kaya" --role technician',
    "people import people.csv",
    'code new --room "Room 12" --uses 30',
    "run",
    'policy set lock.idle_after_seconds=240 --reason "agreed on Monday"',
)


def make_top() -> click.Command:
    """Return the whole command line."""
    top = cli.Rooms(
        ROOMS,
        help="The school's own Gatepost server.\n\n--data and --json may also stand after the command.\n"
        "Exit codes: 0 done, 1 refused or failed, 2 wrong usage; the reason is on standard error.",
        epilog=EXAMPLES,
        no_args_is_help=True,
    )
    return click.version_option(VERSION, prog_name=cli.PROGRAM, message="%(prog)s %(version)s")(top)


def _stop(_: int, __: object) -> None:
    raise SystemExit(0)


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says and return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Uvicorn repeats the signal that stopped it; being told to stop is not a failure.
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    return cli.run(make_top(), arguments)


if __name__ == "__main__":
    sys.exit(main())
