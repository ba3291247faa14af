"""What the lock screen of one login says, put together from what holds now."""

from agent.backends.device import LockLook
from agent.service.ground import Ground
from agent.service.login import Login
from agent.service.report_pages import helplines_for


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
