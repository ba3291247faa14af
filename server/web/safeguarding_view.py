"""How reporting stands, decided from what the server knows: what is missing, what is out of date."""

from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from policies.settings import ReportSettings
from server import officer_lists
from server.web import common, doors

HELPLINES_HOLD = timedelta(days=366)
"""A school year: numbers that nobody rang since are called out of date (R88)."""


class Readiness(NamedTuple):
    """What there is, and so what is missing, before pupils can report."""

    listed: int
    """People on the signed list of officers; 0 without one."""
    sheet: bool
    helplines: bool
    enabled: bool

    @property
    def on(self) -> bool:
        """Say whether pupils can report now."""
        return self.enabled and self.listed > 0


def readiness(connection: Connection, facts: common.PolicyFacts) -> Readiness:
    """Return how far reporting is set up. A list that was taken has two officers and a recovery sheet."""
    newest = officer_lists.newest(connection)
    officers = newest.listed.officers if newest else ()
    return Readiness(
        sum(officer.role != "recovery" for officer in officers),
        any(officer.role == "recovery" for officer in officers),
        bool(facts.report.helplines),
        facts.report.enabled,
    )


def is_stale(report: ReportSettings, today: date) -> bool:
    """Say whether helplines stand there that nobody has rung for a school year. Pure."""
    if not report.helplines:
        return False
    return report.helplines_checked is None or today - report.helplines_checked > HELPLINES_HOLD


def stale_for(viewer: doors.Viewer, facts: common.PolicyFacts) -> bool:
    """Say whether this adult is warned of it: whoever can see to it."""
    return doors.may_open(viewer, "reporting") and is_stale(facts.report, date.today())
