"""The gate, from the decision to the answer: asked, believed, written down, and only then opened."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Literal

from agent.errors import JournalUnwritable
from agent.link import messages, pages
from agent.service.endings import Endings
from agent.service.gate import Ask, Decision, Open, Refuse, Wait, judge_answer
from agent.service.ground import Ground
from agent.service.login import Login
from agent.service.sessions import Sessions
from policies.agreements import Agreement, text_hash, text_in
from policies.orders import Accepted
from policies.records import AgreementAnswered, GateFailed, LinkMisused
from policies.settings import Language

log = logging.getLogger(__name__)

HOOK_WAIT_EVERY_SECONDS = 3.0
TOO_FAST_NOTICE_SECONDS = 4.0
SPARE_SECONDS = 15.0
MOST_UNBELIEVED = 20
"""No window of ours answers wrongly so often; each is a record, and records fill the disk."""


WAIT_SECONDS = 900.0
"""Somebody who has to be supervised waits so long for an adult; then they log in again."""
SHOW_WAIT_AGAIN_SECONDS = 8.0
"""After the word that help was asked for, what the gate waits for stands there again."""


class Gatekeeping:
    """Asks, and opens or ends."""

    def __init__(self, ground: Ground, sessions: Sessions, endings: Endings) -> None:
        self._ground = ground
        self._sessions = sessions
        self._endings = endings
        self._decisions: dict[str, Decision] = {}
        self._unbelieved: Counter[str] = Counter()
        self.on_open: Callable[[Login], None] = lambda _login: None
        self.on_presence: Callable[[Login], None] = lambda _login: None
        """The hours let this login in now, or do not any more: decide anew."""
        ground.loop.every(HOOK_WAIT_EVERY_SECONDS, self._tell_waiting)

    # ---- asking ----

    def decided(self, login: Login, decision: Decision) -> None:
        """Who it is and what follows is known; the session may or may not run yet."""
        if self._ground.quarantined:
            decision = Refuse(decision.person, "quarantined", "quarantined")
        waited = self.waits(login)
        self._decisions[login.id] = decision
        if waited and not isinstance(decision, Wait) and login.state == "gate":
            if login.gate_timer:
                login.gate_timer.cancel()
            login.state = "arriving"
        if login.kind not in ("x11", "wayland", "other") and login.seat is None:
            self._decide_terminal(login, decision)
            return
        if isinstance(decision, Open):
            # Nothing is asked, so nothing has to be shown first.
            login.accepted = decision.accepted
            agreement = (
                self._ground.policy.agreement_for(decision.person.tier) if self._ground.policy else None
            )
            login.agreement = agreement
            self.open(login)
            return
        self.go_on(login)

    def _decide_terminal(self, login: Login, decision: Decision) -> None:
        if isinstance(decision, Open):
            login.state = "open"
            self._ground.save_logins()
            return
        if isinstance(decision, Wait):
            self._endings.end(login, "unsupervised")
            return
        self._endings.end(login, decision.reason if isinstance(decision, Refuse) else "no-agreement")

    def go_on(self, login: Login) -> None:
        """Show what is to be shown, as soon as both the decision and a session are there."""
        decision = self._decisions.get(login.id)
        if decision is None or login.is_over or login.session is None or not login.session.connected:
            return
        if isinstance(decision, Refuse):
            self._endings.end(login, decision.reason, decision.notice, decision.until)
        elif isinstance(decision, Ask) and login.state in ("arriving", "gate"):
            self._ask(login, decision.agreement)
        elif isinstance(decision, Wait) and login.state in ("arriving", "gate"):
            self._wait(login, decision)

    # ---- waiting for an adult (R11, R19, R20) ----

    def waits(self, login: Login) -> bool:
        """Say whether this login is let in as soon as an adult checks in."""
        return isinstance(self._decisions.get(login.id), Wait) and login.state in ("arriving", "gate")

    def look_again(self) -> None:
        """Have whoever stands at the gate decided on anew if the hours say something else than before."""
        for login in list(self._ground.logins.values()):
            decision = self._decisions.get(login.id)
            if login.state not in ("arriving", "gate") or not isinstance(decision, Ask | Wait):
                continue
            presence = self._ground.presence_of(login)
            if presence != ("needs-supervisor" if isinstance(decision, Wait) else "open"):
                self.on_presence(login)

    def _wait(self, login: Login, decision: Wait) -> None:
        if login.state != "gate" or login.agreement is not None:
            if login.gate_timer:
                login.gate_timer.cancel()
            login.gate_timer = self._ground.loop.after(WAIT_SECONDS, lambda: self._waited_too_long(login))
            login.state, login.agreement = "gate", None
            login.state_since_boot = self._ground.clock.boot()
        self._show_wait(login, decision)

    def _show_wait(self, login: Login, decision: Wait) -> None:
        if login.session:
            page = self._endings.notice_page(login, decision.notice)
            login.session.link.send(messages.GateOver(opens=False, page=page))

    def _waited_too_long(self, login: Login) -> None:
        if self.waits(login):
            self._endings.end(login, "unsupervised")

    def _ask(self, login: Login, agreement: Agreement) -> None:
        login.agreement = agreement
        if login.state != "gate":
            login.state = "gate"
            login.state_since_boot = self._ground.clock.boot()
            self.give_time(login)
        login.gate_shown_running = None
        self._show(login)

    def give_time(self, login: Login) -> None:
        """Wait for the answer from now on: somebody who writes a report must not be timed out over it."""
        if login.state != "gate":
            return
        if login.gate_timer:
            login.gate_timer.cancel()
        if self.waits(login):
            login.gate_timer = self._ground.loop.after(WAIT_SECONDS, lambda: self._waited_too_long(login))
            return
        seconds = self._ground.settings_for(login).agreement.answer_within_seconds
        login.gate_timer = self._ground.loop.after(float(seconds), lambda: self._timed_out(login))

    def _show(self, login: Login) -> None:
        if login.session and login.agreement:
            login.session.link.send(messages.ShowGate(page=self._page(login, login.agreement)))

    def _page(self, login: Login, agreement: Agreement) -> pages.GatePage:
        arrangement = login.grant.arrangement if login.grant else None
        return pages.GatePage(
            school=self._ground.school,
            language=login.person.language,
            tier=login.person.tier,
            person=login.person.display_name,
            agreement=agreement,
            contacts=self._ground.contacts,
            help_asked=login.help_passed_on,
            read_aloud=self._ground.reads_aloud,
            reports=self._ground.takes_reports,
            text_scale=login.text_scale,
            reads_at_once=arrangement.reads_aloud if arrangement else False,
        )

    def help_passed_on(self, login: Login) -> None:
        """The gate says that an adult is told."""
        if login.state != "gate":
            return
        self._show(login)

        def again() -> None:
            decision = self._decisions.get(login.id)
            if isinstance(decision, Wait) and self.waits(login):
                self._ground.show(login, self._endings.notice_page(login, decision.notice), "renew")

        self._ground.loop.after(SHOW_WAIT_AGAIN_SECONDS, again)

    def policy_changed(self) -> None:
        """Whoever stands at the gate is asked the text that holds now."""
        self.look_again()
        policy = self._ground.policy
        for login in self._ground.logins.values():
            decision = self._decisions.get(login.id)
            if policy is None or login.state != "gate" or not isinstance(decision, Ask):
                continue
            agreement = policy.agreement_for(login.person.tier)
            if agreement is None:
                self._endings.end(login, "no-agreement", "no-agreement")
            elif agreement != login.agreement:
                self._decisions[login.id] = decision._replace(agreement=agreement)
                self._ask(login, agreement)

    def _tell_waiting(self) -> None:
        for login in self._ground.logins.values():
            if login.state in ("arriving", "gate", "notice"):
                for caller in login.callers:
                    caller.send(messages.HookWait())

    # ---- answers ----

    def shown(self, login: Login) -> None:
        """The first page is painted; reading begins."""
        if login.state == "gate" and login.gate_shown_running is None:
            login.gate_shown_running = self._ground.clock.running()

    def answered(self, login: Login, answer: messages.GateAnswered) -> None:
        """A button was pressed, says the pupil's own process."""
        if login.state != "gate" or login.agreement is None:
            return
        reading = self._reading_seconds(login)
        verdict = judge_answer(answer, login.agreement, reading, self._ground.settings_for(login))
        if verdict == "believed":
            self._take(login, login.agreement, answer.language, answer.answer, reading)
        elif verdict == "too-fast":
            self._say_too_fast(login)
        else:
            problem = f"an answer to the agreement that cannot be: {verdict}"
            self._ground.keep(LinkMisused(at=self._ground.now(), login=login.id, problem=problem, count=1))
            self._unbelieved[login.id] += 1
            if self._unbelieved[login.id] >= MOST_UNBELIEVED:
                self._endings.end(login, "gate-failed", "gate-failed")
                return
            self._ask(login, login.agreement)

    def _reading_seconds(self, login: Login) -> float:
        if login.gate_shown_running is None:
            return 0.0
        return max(0.0, self._ground.clock.running() - login.gate_shown_running)

    def _say_too_fast(self, login: Login) -> None:
        if login.session:
            page = pages.NoticePage(
                school=self._ground.school,
                language=login.person.language,
                tier=login.person.tier,
                kind="too-fast",
                contacts=self._ground.contacts,
            )
            self._ground.show(login, page)

        def again() -> None:
            if login.state == "gate" and login.agreement:
                self._ask(login, login.agreement)

        self._ground.loop.after(TOO_FAST_NOTICE_SECONDS, again)

    def _take(
        self,
        login: Login,
        agreement: Agreement,
        language: Language,
        answer: Literal["accepted", "declined", "timed-out"],
        reading_seconds: float,
    ) -> None:
        """Write the answer down; only a written acceptance opens."""
        now = self._ground.now()
        record = AgreementAnswered(
            at=now,
            login=login.id,
            os_user=login.os_user,
            person=login.person.person,
            tier=agreement.tier,
            language=language,
            version=agreement.version,
            text_hash=text_hash(text_in(agreement, language)),
            answer=answer,
            reading_seconds=round(reading_seconds, 1),
        )
        try:
            self._ground.keep(record, must=True)
        except JournalUnwritable as problem:
            log.error("acceptance not kept", extra={"problem": str(problem)})
            self._endings.end(login, "gate-failed", "gate-failed")
            return
        if answer != "accepted":
            self._endings.end(login, answer, answer)
            return
        login.person = login.person._replace(language=language)
        login.accepted = Accepted(tier=agreement.tier, version=agreement.version, at=now)
        if self._ground.server and login.person.person is not None:
            known = self._ground.server.known
            known.keep_acceptance(login.os_user, login.person.person, login.accepted)
        self.open(login)

    def _timed_out(self, login: Login) -> None:
        if login.state == "gate" and login.agreement:
            seconds = self._reading_seconds(login)
            self._take(login, login.agreement, login.person.language, "timed-out", seconds)

    def broken(self, login: Login, word: messages.GateBroken) -> None:
        """No window can ask. Policy says whether the school stays closed for that."""
        if login.state != "gate" or self.waits(login):
            return  # who waits for an adult is not asked anything: no window for it opens the desktop
        opens = self._ground.settings_for(login).agreement.if_gate_fails == "open"
        record = GateFailed(
            at=self._ground.now(),
            login=login.id,
            web_view=word.web_view,
            plain_window=word.plain_window,
            outcome="opened" if opens else "ended",
        )
        try:
            self._ground.keep(record, must=opens)
        except JournalUnwritable:
            opens = False
        if opens:
            self.open(login)
        else:
            self._endings.end(login, "gate-failed", "gate-failed")

    def open(self, login: Login) -> None:
        """Let the desktop come."""
        for timer in (login.gate_timer, login.connect_timer):
            if timer:
                timer.cancel()
        login.state = "open"
        login.state_since_boot = self._ground.clock.boot()
        # Saved before anybody is told: a service killed now must not ask again.
        self._ground.save_logins()
        if login.session and login.session.connected:
            login.session.link.send(messages.GateOver(opens=True))
        for caller in login.callers:
            caller.send(messages.HookAnswer(opens=True))
            caller.close()
        login.callers = []
        self.on_open(login)

    def forget(self, login: Login) -> None:
        """This login is gone."""
        self._decisions.pop(login.id, None)
        self._unbelieved.pop(login.id, None)
