"""Something is broken, or a program warns of a virus: plain words for the technician, and said to be so."""

from collections import defaultdict, deque
from datetime import datetime

from agent.link import messages, pages
from agent.service.ground import Ground
from agent.service.login import Login
from agent.service.report_limits import MOST_IN_LONG_TIME, decide_take
from agent.service.report_sealing import clean
from policies.records import ProblemReported, short


class Problems:
    """Writes down what does not work."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._before: dict[str, deque[datetime]] = defaultdict(lambda: deque(maxlen=2 * MOST_IN_LONG_TIME))
        """When each account wrote lately."""

    def written(self, login: Login, word: messages.ProblemWritten) -> None:
        """Keep it, and say whether it is kept."""
        ground = self._ground
        if login.is_over and login.state != "notice":
            return
        now, before = ground.now(), self._before[login.os_user]
        kept = None
        if decide_take(before, 0, now, danger=False):
            record = ProblemReported(
                at=now,
                login=login.id,
                os_user=login.os_user,
                person=login.person.person,
                kind=word.kind,
                words=short(clean(word.words)),
            )
            kept = ground.keep(record)
        if kept is not None:
            before.append(now)
        page = pages.NoticePage(
            school=ground.school,
            language=login.person.language,
            tier=login.person.tier,
            kind="problem-sent" if kept is not None else "problem-not-kept",
            contacts=ground.contacts,
        )
        ground.show(login, page)
