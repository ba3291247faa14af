"""What the lock screen of one login says, put together from what holds now, and kept true while it is up."""

import logging

from agent.backends.device import LockLook
from agent.errors import AgentError
from agent.service.ground import Ground
from agent.service.login import Login
from agent.service.report_pages import helplines_for

log = logging.getLogger(__name__)


def look_of(ground: Ground, login: Login) -> LockLook:
    """Return what this login's lock screen says: who or what locked it, and whom to tell."""
    person, report = login.person, ground.settings.report
    return LockLook(
        person.language,
        person.tier,
        ground.school,
        ground.contacts,
        helplines_for(report.helplines, person.tier),
        ceop=report.ceop,
        by=login.lock.by,
        waits_for=login.lock.waits_for,
    )


def keep_true(ground: Ground, login: Login) -> None:
    """Have a lock screen that says something else by now say what holds; one about to open is left alone."""
    lock, seat = login.lock, login.seat
    if seat is None or lock.child is None or not lock.confirmed or lock.taken_back:
        return
    look, locker = look_of(ground, login), lock.child.anchor
    if look == lock.said:
        return
    lock.said = look

    def then(result: AgentError | None) -> None:
        if isinstance(result, AgentError):
            log.warning("a lock screen kept its old words", extra={"problem": str(result)})

    ground.loop.work("lock-words", lambda: ground.device.renew_look(seat, locker, look), then)
