"""The subcommands for people and for the system: service, hook, panel, enrol, status, doctor, self-test.

Only `service`, `enrol` and `doctor` load what needs rights; the hook and the launcher run as a pupil.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from agent import VERSION
from agent.backends import hosting, own_process
from agent.backends.clocks import SystemClock
from agent.backends.config_file import load_config
from agent.errors import AgentError, ConfigProblem, LinkClosed, ServerRefused, UnsentReports
from agent.paths import DEFAULT_CONFIG, Config

OK, FAILED, USAGE, UNSENT = 0, 1, 2, 3
"""UNSENT: enrolling again would have lost reports that the server has not got; nothing was changed."""
PANEL_PAGES = ("panel", "help", "lock", "rules", "record", "report", "replies")

_EXAMPLES = """examples:
  gatepost-agent enrol https://gatepost.school.example:8443 GP-4F7K-…
  gatepost-agent status
  gatepost-agent doctor --json
  sudo gatepost-agent self-test
"""


def say(text: str) -> None:
    """Write one line for a person."""
    sys.stdout.write(text + "\n")


def complain(text: str) -> None:
    """Write one line about a problem; a program that nobody started by hand may have no stderr."""
    if sys.stderr is not None:
        sys.stderr.write(f"gatepost-agent: {text}\n")


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--config",
        type=Path,
        default=argparse.SUPPRESS,
        help=f"configuration file (default {DEFAULT_CONFIG})",
    )
    top = argparse.ArgumentParser(
        prog="gatepost-agent",
        description="The laptop side of Gatepost.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {VERSION}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, words: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=words, description=words, parents=[common])

    service = add("service", "run the privileged service (started by the system)")
    service.add_argument("--verbose", action="store_true", help="log more")
    hook = add("hook", "stand at the gate for this X login; exit 0 only if the desktop may open")
    hook.add_argument("--display", default=None, help="X display (default $DISPLAY)")
    hook.add_argument("--xauthority", default=None, help="X authority file (default $XAUTHORITY)")
    panel = add("panel", "show the panel in your own login")
    panel.add_argument(
        "page", nargs="?", default="panel", choices=list(PANEL_PAGES), help="what to show (default panel)"
    )
    panel.add_argument("--report", action="store_true", help="tell that something's wrong")
    enrol = add("enrol", "enrol this laptop with a one-time code")
    enrol.add_argument("url", metavar="URL", help="the server, e.g. https://gatepost.school.example:8443")
    enrol.add_argument("code", metavar="CODE", help="the code from the server's Devices page")
    enrol.add_argument("--again", action="store_true", help="replace the enrolment this laptop has")
    enrol.add_argument(
        "--lose-unsent-reports",
        action="store_true",
        help="with --again: give up reports that never reached the server; tell a safeguarding lead first",
    )
    enrol.add_argument("--json", action="store_true", help="answer as one line of JSON")
    status = add("status", "say how the service is")
    status.add_argument("--json", action="store_true", help="answer as one line of JSON")
    doctor = add("doctor", "say for each capability whether it works, is lacking or broken, and what to do")
    doctor.add_argument("--json", action="store_true", help="answer as one line of JSON")
    doctor.add_argument(
        "--form", type=Path, help="also write the checklist for one Windows laptop, filled in (a page, .html)"
    )
    test = add("self-test", "try gate, lock, stick check, report and sending now; exit 1 if one fails")
    test.add_argument("--json", action="store_true", help="answer as one line of JSON")
    return top


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit status."""
    given = parser().parse_args(list(arguments))
    config_path: Path = getattr(given, "config", DEFAULT_CONFIG)
    try:
        config = load_config(config_path)
    except ConfigProblem as problem:
        if given.command == "hook":
            # Without a configuration that can be trusted nobody is let in.
            complain(str(problem))
            return FAILED
        complain(str(problem))
        if given.command == "service":
            hosting.complain_to_system(str(problem))
        return USAGE
    try:
        match given.command:
            case "service":
                return _service(config, config_path, verbose=given.verbose)
            case "hook":
                return _hook(config, given.display, given.xauthority)
            case "panel":
                return _panel(config, "report" if given.report else given.page)
            case "enrol":
                return _enrol(config, config_path, given)
            case "status":
                from agent.service import doctor

                return doctor.status(config, as_json=given.json)
            case "self-test":
                from agent.service import self_test_answers

                return self_test_answers.command(config, as_json=given.json)
            case _:
                from agent.service import doctor

                return doctor.doctor(config, config_path, as_json=given.json, form=given.form)
    except ServerRefused as refused:
        complain(f"the server refused: {refused}")
        return FAILED
    except UnsentReports as problem:
        complain(str(problem))
        return UNSENT
    except AgentError as problem:
        complain(str(problem))
        return FAILED


def _service(config: Config, config_path: Path, *, verbose: bool) -> int:
    import logging

    def job(until: hosting.Until, handler: logging.Handler | None) -> int:
        # Only now: Windows gives a service 30 s from its start to its first word, and a cold disk is slow.
        from agent.service import running

        return running.run(config, config_path, verbose=verbose, until=until, handler=handler)

    return hosting.host(job, config.state)


def _hook(config: Config, display: str | None, xauthority: str | None) -> int:
    from agent.link import client

    try:
        environment = own_process.login_environment()
        hello = client.hello_from(
            environment,
            display or own_process.own_display(environment),
            xauthority or client.xauthority_of(environment),
        )
        opens = client.stand_at_gate(
            config.socket,
            hello,
            opens_without_service=config.without_service == "open",
            reach_within_seconds=client.decide_reach(
                SystemClock().running(), own_process.SERVICES_START_WITHIN_SECONDS
            ),
        )
    except (KeyboardInterrupt, ValueError):
        return FAILED
    return OK if opens else FAILED


def _panel(config: Config, page: str) -> int:
    import msgspec

    from agent.link import client
    from agent.link.messages import LauncherAsked

    asked = msgspec.convert({"hook": "launcher", "what": page}, LauncherAsked)
    try:
        shown = client.ask_launcher(config.socket, asked)
    except LinkClosed as problem:
        complain(f"{problem}. Tell the technician; if you need help, tell an adult now.")
        return FAILED
    if not shown:
        complain("there is no open login of yours here to show it in")
    return OK if shown else FAILED


def _enrol(config: Config, config_path: Path, given: argparse.Namespace) -> int:
    import json

    from agent.backends import device
    from agent.service import enrol

    if not own_process.may_decide(config.state):
        way = own_process.as_administrator("gatepost-agent enrol …")
        complain(f"{config.state} cannot be written by you; run it as {own_process.ADMINISTRATOR}: {way}")
        return FAILED
    machine = device.choose(config, config_path)
    done = enrol.enrol(
        config,
        machine,
        given.url,
        given.code,
        VERSION,
        again=given.again,
        loses_reports=given.lose_unsent_reports,
    )
    if given.json:
        say(json.dumps(done._asdict()))
    else:
        say(f"Enrolled with {done.server} as {done.device}.")
        say(f"Policy key: {done.server_fingerprint}")
    return OK
