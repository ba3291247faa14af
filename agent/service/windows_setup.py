"""`gatepost-agent windows-setup`: what Windows Installer has us do when files have come, and before they go.

It runs as SYSTEM, without a window. Each step is tried whatever became of the one before, and every step may
be done twice. Only what must not be half done makes the installation (or the removal) fail and roll back:
above all Winlogon's own entry, which would otherwise name a program that is gone.
"""

import argparse
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from agent import logs
from agent.backends import hosting, windows_parts
from agent.backends.windows_parts import Parts
from agent.errors import AgentError
from agent.paths import Config

log = logging.getLogger(__name__)

OK, FAILED = 0, 1


class Step(NamedTuple):
    """One thing to do."""

    name: str
    do: Callable[[], object]
    must: bool = True
    """A failure makes Windows Installer roll back."""


def run(steps: Sequence[Step]) -> int:
    """Do all of them, in order; FAILED if one that must be done was not."""
    failed = OK
    for step in steps:
        try:
            step.do()
        except (AgentError, OSError) as problem:
            log.error("a step failed", extra={"step": step.name, "problem": str(problem), "must": step.must})
            hosting.complain_to_system(f"windows-setup, {step.name}: {problem}")
            failed = FAILED if step.must else failed
        else:
            log.info("a step is done", extra={"step": step.name})
    return failed


def decide_put(parts: Parts) -> list[Step]:
    """Return what is done after the files and the service are there, before the service starts. Pure."""
    return [
        Step("state folder", parts.own_state),
        Step("quoted path, and restarts after a failure", parts.supervise),
        Step("gate before the desktop", parts.put_first),
    ]


def decide_give_back(parts: Parts, *, upgrading: bool, forget: bool) -> list[Step]:
    """
    Return what is done after the service has stopped, before its files go. Pure.

    Winlogon's entry comes first and comes back on an upgrade too: between the two programs, and after a power
    cut there, people can log in. What keeps sticks shut and screens locked stays through an upgrade.
    """
    steps = [
        Step("Winlogon as it was", parts.put_back),
        Step("running programs", lambda: parts.end_own(1 if upgrading else 0), must=False),
    ]
    if upgrading:
        return steps
    steps += [
        Step("memory sticks as they were", parts.give_back_usb, must=False),
        Step("inactivity limit as it was", parts.give_back_policy, must=False),
        Step("a code that was not used", parts.forget_offer, must=False),
        Step("event source", parts.forget_event_source, must=False),
    ]
    if forget:
        steps.append(Step("keys and records", parts.forget_state, must=False))
    return steps


def main(arguments: Sequence[str]) -> int:
    """Run `put` or `give-back`; return the exit status Windows Installer looks at."""
    parser = argparse.ArgumentParser(prog="gatepost-agent windows-setup", description=__doc__)
    parser.add_argument("what", choices=("put", "give-back"))
    parser.add_argument("--upgrading", action="store_true", help="another version follows at once")
    parser.add_argument("--forget", action="store_true", help="remove keys and records too")
    given = parser.parse_args(arguments)
    logs.start_logging(verbose=True)
    parts = windows_parts.choose(Config())
    if given.what == "put":
        return run(decide_put(parts))
    return run(decide_give_back(parts, upgrading=given.upgrading, forget=given.forget))
