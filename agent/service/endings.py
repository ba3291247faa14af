"""How a login ends: the notice, the hook's answer, the record, and every process of it."""

import logging
from datetime import datetime
from typing import Literal

from agent.backends.device import Anchor
from agent.errors import AgentError
from agent.link import messages, pages
from agent.service.ground import Ground
from agent.service.login import EndReason, Login
from agent.words import say_in
from policies.records import LoginEnded

log = logging.getLogger(__name__)

Notice = Literal[
    "declined",
    "timed-out",
    "not-listed",
    "offline-unknown",
    "no-agreement",
    "gate-failed",
    "session-lost",
    "quarantined",
    "restricted",
    "meeting",
    "induction",
    "ends-soon",
    "closed",
    "unsupervised",
    "adults-only",
    "supervisor-left",
    "supervisor-back",
]
SHORT_NOTICE_SECONDS = 8.0
LONG_NOTICE_SECONDS = 60.0
"""Somebody who may not come in reads why, and may ask for help."""
TELLING_SECONDS = 900.0
"""Somebody who may not come in may still tell what is wrong, and is given the time to write it."""
TRY_AGAIN_SECONDS = 10.0


class Endings:
    """Ends logins, and tries again until they have ended."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def notice_page(
        self,
        login: Login,
        kind: Notice,
        *,
        until: datetime | None = None,
        ends_at: datetime | None = None,
        then: Literal["", "lock", "end"] = "",
    ) -> pages.NoticePage:
        """Return the page that says why."""
        return pages.NoticePage(
            school=self._ground.school,
            language=login.person.language,
            tier=login.person.tier,
            kind=kind,
            contacts=self._ground.contacts,
            reports=self._ground.takes_reports,
            text_scale=login.text_scale,
            until=until.isoformat() if until else "",
            ends_at=ends_at.isoformat() if ends_at else "",
            then=then,
        )

    def give_time(self, login: Login) -> None:
        """Let a login that is being sent away stand until its report is told."""
        if login.state == "notice" and login.end_timer:
            login.end_timer.cancel()
            reason = login.end_reason
            login.end_timer = self._ground.loop.after(TELLING_SECONDS, lambda: self.finish(login, reason))

    def end(
        self,
        login: Login,
        reason: EndReason,
        notice: Notice | None = None,
        until: datetime | None = None,
    ) -> None:
        """End a login, first saying why where it can be shown. Ending it twice changes nothing."""
        if login.is_over:
            return
        for timer in (login.gate_timer, login.connect_timer, login.lock.timer):
            if timer:
                timer.cancel()
        login.end_reason = reason
        shown = login.session is not None and login.session.connected
        if notice is not None and shown and login.session:
            login.state = "notice"
            page = self.notice_page(login, notice, until=until)
            login.session.link.send(messages.GateOver(opens=False, page=page))
            seconds = SHORT_NOTICE_SECONDS if notice in ("declined", "timed-out") else LONG_NOTICE_SECONDS
            login.end_timer = self._ground.loop.after(seconds, lambda: self.finish(login, reason))
            self._ground.save_logins()
            return
        self.finish(login, reason)

    def go_on(self, login: Login) -> None:
        """End a login that an earlier service was ending when it died, without recording it twice."""
        if login.state == "notice":
            self.finish(login, login.end_reason)
        else:
            self._end_processes(login)

    def finish(self, login: Login, reason: EndReason) -> None:
        """End the processes now; the record is written first."""
        if login.state == "ending":
            return
        if login.end_timer:
            login.end_timer.cancel()
        login.state = "ending"
        ground = self._ground
        ground.keep_start(login)
        ground.keep_usage([login])
        ground.keep(LoginEnded(at=ground.now(), login=login.id, os_user=login.os_user, reason=reason))
        for caller in login.callers:
            caller.send(messages.HookAnswer(opens=False))
        ground.save_logins()
        if login.session:
            login.session.link.send(messages.Stop())
        self._end_processes(login)

    def _end_processes(self, login: Login) -> None:
        ground = self._ground
        keep: list[Anchor] = ground.kept_processes(login.uid, without=login)
        say = say_in(login.person.language, login.person.tier)
        message = say.you(
            "This login has ended. Log in at the screen first and accept the school's agreement there."
        )

        def job() -> int:
            if login.line and login.kind in ("tty", "ssh"):
                ground.device.tell_terminal(login.line, message)
            return ground.device.end_processes(login.uid, keep)

        def then(result: int | AgentError) -> None:
            if isinstance(result, AgentError):
                log.error("login not ended", extra={"login": login.id, "problem": str(result)})
                ground.loop.after(TRY_AGAIN_SECONDS, lambda: self._end_processes(login))
                return
            self._forget(login)

        ground.loop.work("end-login", job, then)

    def _forget(self, login: Login) -> None:
        for caller in login.callers:
            caller.close()
        if login.session:
            login.session.link.close()
        self._ground.forget_login(login)
