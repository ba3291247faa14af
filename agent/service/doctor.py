"""`status` and `doctor`: what the running service says, or what can be seen without it."""

import datetime
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec

from agent import VERSION
from agent.backends import installation
from agent.backends.installation import ENCRYPT_IT, START_IT
from agent.errors import AgentError, FormUnwritable, LinkClosed, NotEnrolled
from agent.link import client
from agent.link.messages import CapabilityTold, InventoryTold, StatusTold
from agent.paths import Config

ENROL_IT = "run: gatepost-agent enrol URL CODE"


class Finding(NamedTuple):
    """One line of doctor."""

    name: str
    told: CapabilityTold


def status(config: Config, *, as_json: bool) -> int:
    """Say how the service is; 0 if it runs, enrolled."""
    try:
        told = client.ask_status(config.socket)
    except LinkClosed as problem:
        data = {"running": False, "enrolled": None, "online": False, "problem": str(problem)}
        _write(data, f"The service does not run: {problem}. To {START_IT}", as_json=as_json)
        return 1
    data = {"running": True, "enrolled": bool(told.device), "online": told.connection == "online"}
    data |= msgspec.to_builtins(told)
    _write(data, "\n".join(status_lines(told)), as_json=as_json)
    return 0 if told.device else 1


def status_lines(told: StatusTold) -> list[str]:
    """Return status in words."""
    if not told.device:
        return [f"Not enrolled: {told.connection_problem}"]
    connection = {
        "online": "answers",
        "unreachable": f"does not answer; records wait here ({told.connection_problem})",
        "refused": f"refuses this laptop: {told.connection_problem}",
        "not-enrolled": "is not known",
    }[told.connection]
    logins = ", ".join(f"{number} {state}" for state, number in sorted(told.logins.items())) or "nobody"
    unsent = (
        f"Unsent       {told.unsent_reports} reports have not reached the server: keep this laptop connected"
    )
    return [
        f"Device       {told.device}, agent {told.version}",
        f"Server       {told.server} {connection}",
        *(_moving(told)),
        f"Policy       {told.policy_number or 'none yet'}{_aside(told.policy_problem)}",
        f"Waiting      {told.waiting_records} records"
        + (f", {told.waiting_bytes} bytes" if told.waiting_bytes else "")
        + _aside(told.journal_problem),
        *([unsent] if told.unsent_reports else []),
        f"Logged in    {logins}",
    ]


def _moving(told: StatusTold) -> list[str]:
    moving = told.capabilities.get("connection")
    return [f"             {moving.why}"] if moving else []


def _aside(problem: str) -> str:
    return f" ({problem})" if problem else ""


def findings_of(told: StatusTold) -> list[Finding]:
    """Return what doctor says of a running service, worst causes first. Pure."""
    works = CapabilityTold(state="works")
    found = [Finding("service", works)]
    if not told.device:
        return [*found, Finding("enrolment", _broken(told.connection_problem, ENROL_IT)), *_own(told)]
    found.append(Finding("enrolment", works))
    match told.connection:
        case "online":
            found.append(Finding("server", works))
        case "refused":
            remedy = "look at this laptop on the server's Devices page; enrol it again if it was retired"
            found.append(Finding("server", _broken(told.connection_problem, remedy)))
        case _:
            remedy = "records wait here until it answers; check the network and the server"
            found.append(
                Finding("server", CapabilityTold(state="lacking", why=told.connection_problem, remedy=remedy))
            )
    if told.policy_number == 0:
        remedy = "nobody can log in before it has come; publish one on the server"
        found.append(Finding("policy", _broken("no policy has come yet", remedy)))
    elif told.policy_problem:
        remedy = "yesterday's policy still holds; correct the new one on the server"
        found.append(Finding("policy", _broken(told.policy_problem, remedy)))
    else:
        found.append(Finding("policy", works))
    if told.journal_problem:
        remedy = "make room on the disk and look at the files named journal.sqlite.* beside it"
        found.append(Finding("journal", _broken(told.journal_problem, remedy)))
    else:
        found.append(Finding("journal", works))
    if abs(told.clock_off_seconds) > 60:
        why = f"this clock is {told.clock_off_seconds:.0f} seconds behind the server's"
        found.append(Finding("clock", _broken(why, "set it, or switch on time synchronisation")))
    return [*found, *_own(told)]


def _own(told: StatusTold) -> list[Finding]:
    own = [Finding(name, each) for name, each in sorted(told.capabilities.items())]
    return own if told.inventory is None else [*own, *machine_findings(told.inventory)]


def machine_findings(made: InventoryTold) -> list[Finding]:
    """Return what this machine is, and whether its disks are encrypted (R77). Pure."""
    words = [
        " ".join(filter(None, (made.maker, made.model))) or "maker and model not told by its firmware",
        f"serial {made.serial}" if made.serial else "no serial number",
        f"{made.memory_bytes / 2**30:.1f} GiB of memory",
    ]
    if made.battery_percent is not None:
        words.append(f"battery holds {made.battery_percent} % of what it did when new")
    found = [Finding("inventory", CapabilityTold(state="works", why=", ".join(words)))]
    match made.disk_encryption:
        case "on":
            disks = CapabilityTold(state="works", why="LUKS or BitLocker")
        case "unknown":
            disks = CapabilityTold(
                state="lacking", why="it cannot be told what the disks are", remedy=ENCRYPT_IT
            )
        case part:
            which = "no disk with data is" if part == "off" else "not every disk with data is"
            disks = CapabilityTold(state="lacking", why=f"{which} encrypted", remedy=ENCRYPT_IT)
    return [*found, Finding("disk-encryption", disks)]


def _broken(why: str, remedy: str) -> CapabilityTold:
    return CapabilityTold(state="broken", why=why or "unknown", remedy=remedy)


def doctor(config: Config, config_path: Path, *, as_json: bool, form: Path | None = None) -> int:
    """
    Say for each capability works, lacking or broken; 1 if anything is broken.

    `form`: also write the checklist for one Windows laptop there, with this filled in.
    """
    told = None
    try:
        told = client.ask_status(config.socket)
        found = findings_of(told)
    except LinkClosed as problem:
        found = [Finding("service", _broken(str(problem), START_IT)), *_without_service(config, config_path)]
    found += [
        Finding(name, CapabilityTold(state=each.state, why=each.why, remedy=each.remedy))
        for name, each in sorted(installation.look().items())
    ]
    if form is not None:
        write_form(form, told, found)
    broken = any(each.told.state == "broken" for each in found)
    data = {
        "version": VERSION,
        "ok": not broken,
        "capabilities": {each.name: msgspec.to_builtins(each.told) for each in found},
    }
    _write(data, "\n".join(_line(each) for each in found), as_json=as_json)
    return 1 if broken else 0


def write_form(form: Path, told: StatusTold | None, found: list[Finding]) -> None:
    """Write the page to tick; raises FormUnwritable."""
    from agent.service import checklist_form

    states = {each.name: (each.told.state, each.told.why) for each in found}
    facts = checklist_form.Facts(
        made_at=datetime.datetime.now(datetime.UTC),
        version=VERSION,
        device=told.device if told else "",
        server=told.server if told else "",
        policy=told.policy_number if told else 0,
    )
    try:
        form.write_text(checklist_form.page(facts, states), encoding="utf-8")
    except OSError as problem:
        raise FormUnwritable(f"{form} cannot be written: {problem.strerror or problem}") from problem


def _without_service(config: Config, config_path: Path) -> list[Finding]:
    """Look for ourselves, as far as our rights reach."""
    from agent.backends import device
    from agent.service.enrolment import load_enrolment
    from agent.service.state import told_of

    found = []
    try:
        machine = device.choose(config, config_path)
        try:
            load_enrolment(config.keys, machine.machine_fingerprint())
            found.append(Finding("enrolment", CapabilityTold(state="works")))
        except NotEnrolled as problem:
            found.append(Finding("enrolment", _broken(str(problem), ENROL_IT)))
        found += [
            Finding(name, CapabilityTold(state=each.state, why=each.why, remedy=each.remedy))
            for name, each in sorted(machine.capabilities().items())
        ]
        found += machine_findings(told_of(machine.inventory()))
    except AgentError as problem:
        found.append(Finding("system", _broken(str(problem), "see the table of systems in the docs")))
    return found


def _line(finding: Finding) -> str:
    told = finding.told
    line = f"{finding.name:<16} {told.state}"
    if told.why:
        line += f": {told.why}"
    return f"{line}\n{'':<16} → {told.remedy}" if told.remedy else line


def _write(data: object, text: str, *, as_json: bool) -> None:
    sys.stdout.write((msgspec.json.encode(data).decode() if as_json else text) + "\n")
