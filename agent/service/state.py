"""How the service is, for `status` and `doctor`: counts, states and what to do; nobody's name."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from agent import VERSION
from agent.backends import own_process
from agent.backends.device import Capability, Inventory
from agent.link.messages import CapabilityTold, InventoryTold, StatusTold
from agent.service import quarantine
from agent.service.ground import Ground
from agent.service.login import Login
from policies.records import short


def describe(ground: Ground, *, unsent_reports: int, seen: Inventory | None = None) -> StatusTold:
    """Return everything a technician asks first."""
    server = ground.server
    waiting = server.journal.waiting() if server else None
    return StatusTold(
        version=VERSION,
        device=server.enrolment.device if server else "",
        server=server.reaching.address if server else "",
        connection=ground.connection.state,
        connection_problem=ground.connection.problem,
        policy_number=server.policies.number if server else 0,
        policy_problem=server.policies.problem if server else "",
        waiting_records=waiting.records if waiting else 0,
        waiting_bytes=waiting.bytes if waiting else 0,
        unsent_reports=unsent_reports,
        journal_problem=server.journal.problem if server else "",
        logins=count_states(ground.logins.values()),
        clock_off_seconds=round(server.uplink.offset_seconds, 1) if server else 0.0,
        capabilities={
            name: CapabilityTold(state=each.state, why=each.why, remedy=each.remedy)
            for name, each in (all_capabilities(ground) | session_capabilities(ground)).items()
        },
        inventory=told_of(seen) if seen else None,
    )


def for_asker(told: StatusTold, uid: int) -> StatusTold:
    """
    Return what this local account may know of it.

    On a laptop that is shared, the next pupil must not learn that somebody has reported; the size of what
    waits would say it too.
    """
    if uid in (0, own_process.own_uid()):
        return told
    return msgspec.structs.replace(told, unsent_reports=0, waiting_bytes=0)


def told_of(seen: Inventory) -> InventoryTold:
    """Return what doctor shows of the machine."""
    return InventoryTold(
        maker=short(seen.maker),
        model=short(seen.model),
        serial=short(seen.serial),
        disk_encryption=seen.disk_encryption,
        memory_bytes=seen.memory_bytes,
        battery_percent=seen.battery_percent,
    )


def all_capabilities(ground: Ground) -> dict[str, Capability]:
    """Return what this machine can do, and whether reports can be told on it."""
    own = ground.capabilities | quarantine.capability(ground)
    for told in ground.standing:
        own |= told()
    if ground.server is not None:
        own |= ground.server.reaching.capability()
        own["reports"] = ground.server.officers.capability(enabled=ground.settings.report.enabled)
    return own


def session_capabilities(ground: Ground) -> dict[str, Capability]:
    """Return what the sessions of this moment say that their desktops lack."""
    lacking = {name for login in ground.logins.values() if login.session for name in login.session.lacking}
    return {
        f"desktop-{name}"[:200]: Capability("lacking", "this desktop does not offer it") for name in lacking
    }


def count_states(logins: Iterable[Login]) -> dict[str, int]:
    """Return how many logins are in each state."""
    counted: Counter[str] = Counter()
    for login in logins:
        counted["locked" if login.lock.confirmed else login.state] += 1
    return dict(counted)
