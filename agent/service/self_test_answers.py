"""`gatepost-agent self-test`: asked at this machine by root, tried by the running service, told in words."""

import sys

import msgspec

from agent.backends import own_process
from agent.errors import LinkClosed
from agent.link import client
from agent.link.channel import Peer
from agent.link.messages import SelfTestTold
from agent.paths import Config
from agent.service.facts import Caller
from agent.service.self_test import SelfTesting
from agent.service.self_test_parts import Found
from agent.service.self_test_rules import exit_status
from policies.device_records import SELF_TEST_PARTS, SelfTestPart
from policies.records import short

NOT_ROOT = (
    f"only {own_process.ADMINISTRATOR} may ask for it: "
    f"{own_process.as_administrator('gatepost-agent self-test')}"
)
WHAT: dict[SelfTestPart, str] = {
    "gate": "the agreement can be shown before the desktop",
    "lock": "the screen can be locked",
    "stick": "USB is shut, and the scanner finds the test virus",
    "report": "a report can be sealed to the officers",
    "sync": "the server answers",
}


def answer(testing: SelfTesting, caller: Caller, peer: Peer) -> None:
    """Answer on the public socket: a test for root (or whoever the service runs as), nothing for others."""
    if peer.uid not in (0, own_process.own_uid()):
        caller.send(SelfTestTold())
        caller.close()
        return

    def tell(found: dict[SelfTestPart, Found]) -> None:
        caller.send(told_of(found))
        caller.close()

    testing.asked(tell)


def told_of(found: dict[SelfTestPart, Found]) -> SelfTestTold:
    """Return what is told of a finished test."""
    return SelfTestTold(
        results={part: each.result for part, each in found.items()},
        problems={part: short(each.problem) for part, each in found.items() if each.problem},
    )


def command(config: Config, *, as_json: bool) -> int:
    """Have the service test, print what came of it; 1 if any part failed or there was no test."""
    try:
        told = client.ask_self_test(config.socket)
    except LinkClosed as problem:
        return _without(f"no test was made: {problem}", as_json=as_json)
    if not told.results:
        return _without(NOT_ROOT, as_json=as_json)
    status = exit_status({part: told.results.get(part, "failed") for part in SELF_TEST_PARTS})
    data = {"ok": status == 0, "results": told.results, "problems": told.problems}
    _write(data if as_json else "\n".join(lines(told)))
    return status


def lines(told: SelfTestTold) -> list[str]:
    """Return the result for a person, one part a line, and beneath it why. Pure."""
    out = []
    for part in SELF_TEST_PARTS:
        result = told.results.get(part, "failed")
        out.append(f"{part:<8} {result:<8} {WHAT[part]}")
        if told.problems.get(part):
            out.append(f"{'':<17} → {told.problems[part]}")
    return out


def _without(why: str, *, as_json: bool) -> int:
    _write({"ok": False, "problem": why} if as_json else f"gatepost-agent: {why}")
    return 1


def _write(data: object) -> None:
    sys.stdout.write((data if isinstance(data, str) else msgspec.json.encode(data).decode()) + "\n")
