"""How often one account may tell on one laptop, so that nobody's flood hides another's words. Pure.

Ten thousand reports from one account are ten thousand for nobody: they would fill the disk and bury what
another child wrote. The limits are an account's own, so they never touch anybody else; the last of each
allowance is kept for *someone may be in danger*; and what was taken before stays taken.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

SHORT_TIME = timedelta(minutes=10)
LONG_TIME = timedelta(days=1)
MOST_IN_SHORT_TIME = 5
MOST_IN_LONG_TIME = 20
MOST_UNSENT = 20
MORE_IN_DANGER = 3
AHEAD = timedelta(minutes=2)
"""Further in the future than this is the trace of a wrong clock, and is not counted."""


def decide_take(before: Iterable[datetime], unsent: int, now: datetime, *, danger: bool) -> bool:
    """
    Say whether one more is taken from an account.

    `before`: when it told earlier on this laptop. `unsent`: how many of those the server has not got yet.
    """
    more = MORE_IN_DANGER if danger else 0
    ages = [now - at for at in before]
    lately = sum(-AHEAD <= age < SHORT_TIME for age in ages)
    today = sum(-AHEAD <= age < LONG_TIME for age in ages)
    return (
        lately < MOST_IN_SHORT_TIME + more
        and today < MOST_IN_LONG_TIME + more
        and unsent < MOST_UNSENT + more
    )
