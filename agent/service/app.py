"""The service, composed: every fact that is heard goes to the one room that decides on it.

Read this file first. Nothing in it waits; what is slow runs elsewhere and comes back as a fact.
"""

import logging
from collections import Counter
from functools import partial
from typing import Literal

from agent.backends import checker, secret_files
from agent.backends.device import Anchor, Device
from agent.clock import Clock
from agent.link import messages
from agent.link.channel import Peer
from agent.paths import Config
from agent.service import facts, self_test_answers
from agent.service.arrivals import Arrivals
from agent.service.desk import Desk
from agent.service.ears import Ears
from agent.service.endings import Endings
from agent.service.enrolled import Enrolled
from agent.service.gatekeeping import Gatekeeping
from agent.service.ground import Ground
from agent.service.inventory import Inventorying
from agent.service.keeping_time import KeepingTime
from agent.service.lesson import Lesson
from agent.service.limiting import Limiting
from agent.service.locking import Locking
from agent.service.login import Login, SessionProcess
from agent.service.loop import Loop, Spawn, Stopping, spawn_thread
from agent.service.media import Media
from agent.service.problems import Problems
from agent.service.quarantine import Quarantining
from agent.service.reaching import MakeUplink
from agent.service.replies import Replies
from agent.service.reports import Reports
from agent.service.saved import load_logins
from agent.service.scanner import Scanner
from agent.service.self_test import SelfTesting
from agent.service.sessions import Sessions
from agent.service.sleeping import Sleeping
from agent.service.state import describe, for_asker
from agent.service.timetable import Timetable
from agent.service.watching import Watching
from policies import orders
from policies.records import LinkMisused

log = logging.getLogger(__name__)

LOST_GRACE_SECONDS = 0.5
HOOK_BACK_SECONDS = 30.0
HOOK_GONE_SECONDS = 5.0
"""A hook that was cut off asks again at once; a shell that goes on without one has stepped past the gate."""
MISUSE_EVERY_SECONDS = 60.0
MOST_LACKING = 20
"""A session that names more lies."""


class Service:
    """All rooms of one running service."""

    def __init__(
        self,
        config: Config,
        device: Device,
        clock: Clock,
        *,
        make_uplink: MakeUplink | None = None,
        scanner: Scanner | None = None,
        spawn: Spawn = spawn_thread,
    ) -> None:
        self.loop = Loop(clock, self.take, spawn)
        self.ears = Ears(clock, self.loop.put)
        self.ground = Ground(config, device, clock, self.loop, self.ears)
        self.sessions = Sessions(self.ground)
        self.endings = Endings(self.ground)
        self.arrivals = Arrivals(self.ground, self.sessions, self.endings)
        self.gate = Gatekeeping(self.ground, self.sessions, self.endings)
        self.locking = Locking(self.ground, self.endings)
        self.desk = Desk(self.ground, self.locking)
        self.watching = Watching(self.ground, self.desk)
        scanner = scanner or Scanner(checker.choose(config), self.ground.now)
        self.reports = Reports(self.ground, self.endings)
        self.replies = Replies(self.ground, self.reports)
        self.problems = Problems(self.ground)
        self.quarantine = Quarantining(self.ground, self.locking, self.endings)
        self.media = Media(self.ground, device.usb(), scanner)
        self.lesson = Lesson(self.ground, self.locking, self.endings)
        self.self_test = SelfTesting(self.ground, scanner, self.media.flow.watch.used)
        self.enrolled = Enrolled(self.ground, make_uplink)
        self.timetable = Timetable(self.ground, self.desk, self.locking)
        self.time = KeepingTime(self.ground)
        self.sleeping = Sleeping(self.ground, self.locking, self.time)
        self.limiting = Limiting(self.ground, self.endings)
        self.inventory = Inventorying(self.ground)
        self._misuse: Counter[tuple[int, str]] = Counter()
        self._running = True
        self._connect()

    def _connect(self) -> None:
        """Tell the rooms what to call when something concerns another."""
        self.sessions.on_lost = self._session_lost
        self.arrivals.on_decided = self.gate.decided
        self.limiting.on_grant = self.arrivals.hear_again
        self.gate.on_open = self._desktop_opened
        self.desk.on_help_passed_on = self.gate.help_passed_on
        self.desk.unread = self.replies.unread
        self.desk.read = self.replies.read
        self.time.on_jump = self.timetable.look
        self.lesson.connect(self.gate, self.arrivals, self.desk)
        self.timetable.on_changed = self.lesson.settings_changed
        self.quarantine.on_changed = self.media.policy_changed
        self.enrolled.on_policy = self._policy_changed
        self.enrolled.on_orders = self._orders_came
        self.enrolled.on_begun = self._begun
        self.enrolled.on_safe = self.reports.acknowledged
        self.ground.on_forgotten = self._forgotten
        self.loop.every(MISUSE_EVERY_SECONDS, self._record_misuse)

    # ---- life ----

    def start(self) -> None:
        """Come up: know who is here already, then listen."""
        state, run = self.ground.config.state, self.ground.config.run
        # Windows reach speech/; the rest is closed by its own mode, but for what every login's hook reads.
        secret_files.entered_folder(state)
        secret_files.run_folder(run)  # whatever our umask says: the hook reaches the socket as the pupil
        self.enrolled.look()
        self.media.start()
        self._adopt()
        self.ears.open_public(self.ground.config.socket)
        self.loop.beside("ears", self.ears.listen)
        self.ground.device.watch_links(lambda uid, who: self.loop.put(facts.stranger(uid, who)))
        self.ground.device.watch_sleep(lambda moment: self.loop.put(facts.Slept(moment)))
        self.arrivals.list_logins()
        log.info("service started", extra={"enrolled": self.ground.server is not None})

    def run(self) -> None:
        """Take facts until stopped; an unexpected fault anywhere comes out here."""
        while self._running:
            self.loop.step(wait=True)
        self.stop()

    def stop(self) -> None:
        """Put everything on disk and let go. Logins go on; the next service adopts them."""
        self.ground.keep_usage(list(self.ground.logins.values()))
        self._record_misuse()
        self.media.stop()
        self.enrolled.stop()
        self.ground.save_logins()
        self.ears.stop()
        log.info("service stopped")

    def _begun(self) -> None:
        self.reports.enrolled()
        self.inventory.begun()

    # ---- facts ----

    def take(self, fact: object) -> None:
        """Give one fact to its room."""
        match fact:
            case facts.SessionSaid(session=number, message=message):
                found = self.sessions.find(number)
                if found:
                    self._session_said(*found, message)
            case facts.SessionGone(session=number, misuse=misuse):
                self.sessions.gone(number, misuse)
            case facts.PublicSaid(caller=caller, peer=peer, message=message):
                self._public_said(caller, peer, message)
            case facts.PublicGone(caller=caller):
                for login in self.ground.logins.values():
                    if caller in login.callers:
                        login.callers.remove(caller)
                        self.loop.after(HOOK_GONE_SECONDS, partial(self._without_hook, login))
            case facts.Misused(uid=uid, problem=problem, kept=kept):
                if not self._misuse[uid, kept]:
                    log.warning("the local link was misused", extra={"problem": problem})
                self._misuse[uid, kept] += 1
            case facts.ProcessEnded(anchor=anchor):
                self._process_ended(anchor)
            case facts.Slept(moment=moment):
                self.sleeping.slept(moment)
            case facts.MediaChanged(change=change):
                self.media.changed(change)
            case facts.ScanSaid():
                self.media.flow.scan_said(fact)
            case facts.Held() | facts.HoldFailed() | facts.PolicyFetched():
                self.enrolled.take(fact)
            case Stopping():
                self._running = False
        self.watching.look_soon()

    def _without_hook(self, login: Login) -> None:
        """End a login whose shell lives on at the gate though nobody there waits for the answer."""
        if login.state in ("arriving", "gate") and not login.callers and login.id in self.ground.logins:
            log.warning("the hook is gone, the login is not", extra={"login": login.id})
            self.endings.end(login, "gate-failed")

    def _public_said(self, caller: facts.Caller, peer: Peer, message: messages.ToPublic) -> None:
        match message:
            case messages.HookHello():
                self.arrivals.hello(caller, peer, message)
            case messages.LauncherAsked(what=what):
                login = self._login_of(peer)
                shown = login is not None and login.session is not None
                if login is not None and shown:
                    self._asked(login, messages.Asked(what=what, place="launcher"))
                caller.send(messages.LauncherHeard(shown=shown))
                caller.close()
            case messages.StatusAsked():
                told = describe(self.ground, unsent_reports=self.reports.unsent, seen=self.inventory.seen)
                caller.send(for_asker(told, peer.uid))
                caller.close()
            case messages.SelfTestAsked():
                self_test_answers.answer(self.self_test, caller, peer)

    def _login_of(self, peer: Peer) -> Login | None:
        """Return the open login this process belongs to; only ever one of the same user."""
        own = [
            login
            for login in self.ground.logins.values()
            if login.uid == peer.uid and login.state == "open" and login.seat
        ]
        if len(own) > 1:
            above = self.ground.device.ancestors(peer.pid)
            own = [login for login in own if login.anchor in above] or own
        return own[0] if own else None

    def _session_said(self, login: Login, session: SessionProcess, message: messages.AnyUp) -> None:
        self.sessions.heard(session)
        match message:
            case messages.Connected(lacking=lacking):
                session.connected, session.lacking = True, lacking[:MOST_LACKING]
                self._connected(login)
            case messages.Lacks(lacking=lacking):
                session.lacking = tuple(dict.fromkeys((*session.lacking, *lacking)))[:MOST_LACKING]
            case messages.Alive():
                self.desk.alive(login, message)
                self.locking.alive(login, message)
            case messages.Focused():
                self.desk.focused(login, message)
            case messages.GateShown():
                self.gate.shown(login)
            case messages.GateAnswered():
                self.gate.answered(login, message)
            case messages.GateBroken():
                self.gate.broken(login, message)
            case messages.Covered():
                self.locking.covered(login, message)
            case messages.CountdownAnswered():
                self.locking.hide_countdown(login)
            case messages.Asked():
                self._asked(login, message)
            case messages.ReportWritten():
                self.reports.written(login, message)
            case messages.CutOff():
                self.reports.cut_off(login)
            case messages.ProblemWritten():
                self.problems.written(login, message)
            case messages.StickAsked():
                self.media.asked(login, message)
            case messages.StickPassphrase():
                self.media.passphrase_given(login, message)
            case messages.InhibitedSleep():
                self.locking.lock(login, "suspend")
        self.lesson.said(login, message)

    def _asked(self, login: Login, word: messages.Asked) -> None:
        if self.reports.asked(login, word):
            self.gate.give_time(login)
        elif not self.replies.asked(login, word):
            self.desk.asked(login, word)

    def _connected(self, login: Login) -> None:
        if login.state == "open":
            self.desk.work(login)
            self.locking.session_back(login)
            self.media.login_opened(login)
            self.lesson.opened(login)
        elif not login.is_over:
            self.gate.go_on(login)
        self.reports.connected(login)

    # ---- ends ----

    def _desktop_opened(self, login: Login) -> None:
        self.desk.work(login)
        self.media.login_opened(login)
        self.lesson.opened(login)

    def _forgotten(self, login: Login) -> None:
        self.media.login_over(login)
        self.lesson.forget(login)
        self.gate.forget(login)
        self.locking.forget(login)
        self.reports.forget(login)
        self.quarantine.forget(login)

    def _process_ended(self, anchor: Anchor) -> None:
        if self.sessions.ended(anchor) or self.locking.ended(anchor):
            return
        for login in list(self.ground.logins.values()):
            if login.anchor == anchor:
                if login.state == "notice":
                    self.endings.finish(login, login.end_reason)
                else:
                    self.endings.end(login, "signed-out" if login.state == "open" else "vanished")

    def _session_lost(self, login: Login, how: Literal["died", "silent", "never-connected"]) -> None:
        """Decide what a lost session means for its login."""
        if login.state == "notice":
            self.endings.finish(login, login.end_reason)
            return
        if self.gate.waits(login):
            self.endings.end(login, "unsupervised")  # closed by whoever does not want to wait for an adult
        if login.is_over:
            return
        # A whole login that ends takes its session with it: its anchor's end says so in a moment.
        self.loop.after(LOST_GRACE_SECONDS, lambda: self._replace_session(login, how))

    def _replace_session(self, login: Login, how: Literal["died", "silent", "never-connected"]) -> None:
        if login.is_over or login.session is not None or not self.ground.device.is_alive(login.anchor):
            return
        settings = self.ground.settings_for(login).lock
        ends = not self.sessions.may_start_again(login)
        if login.state == "open":
            ends = ends or settings.if_session_lost == "end"
            self.sessions.lost_record(login, how, "ended" if ends else "locked")
            if not ends:
                self.locking.lock(login, "session-lost")
        else:
            self.sessions.lost_record(login, how, "ended" if ends else "restarted")
        if ends or not self.sessions.start(login):
            self.endings.end(login, "session-lost")

    def _adopt(self) -> None:
        """Take over the logins an earlier service left."""
        ground = self.ground
        for login in load_logins(ground.config.run / "logins.json"):
            login.state_since_boot = ground.clock.boot()
            ground.logins[login.id] = login
            lives = ground.watch_anchor(login.anchor)
            if login.state in ("notice", "ending"):
                self.endings.go_on(login)
            elif not lives:
                self.endings.finish(login, "signed-out" if login.state == "open" else "vanished")
            elif login.state != "open":
                # Nobody waits for our answer any more: the hook gave up with the old service, or asks anew.
                login.state = "arriving"
                if login.seat:
                    self.arrivals.adopt(login)
                    self.loop.after(HOOK_BACK_SECONDS, partial(self._without_hook, login))
            elif login.seat:
                self._adopt_open(login)

    def _adopt_open(self, login: Login) -> None:
        ground = self.ground
        old = login.lock.adopted
        if old is not None and not ground.watch_anchor(old):
            login.lock.adopted = None
        if not self.sessions.start(login):
            self.endings.end(login, "session-lost")
            return
        if login.lock.adopted is None and login.lock.wanted:
            login.lock.wanted = ""
            self.locking.lock(login, "session-lost")

    # ---- the rest ----

    def _policy_changed(self) -> None:
        self.gate.policy_changed()
        self.media.policy_changed()
        self.timetable.policy_changed()

    def _orders_came(self, answer: facts.Held) -> None:
        for said in answer.said:
            self.lesson.obey(said)
            if isinstance(said, orders.Watch):
                self.watching.obey(said)
            elif isinstance(said, orders.Quarantine):
                self.quarantine.obey(said)
            elif isinstance(said, orders.ReportReply):
                self.replies.obey(said)
            elif isinstance(said, orders.SelfTest):
                self.self_test.obey(said)
        for signed in answer.answer.orders:
            self.media.obey(signed)
        if any(isinstance(said, orders.LoginGrant) for said in answer.said):
            for signed in answer.answer.orders:
                self.limiting.obey(signed)
            self.timetable.look()

    def _record_misuse(self) -> None:
        misuse, self._misuse = self._misuse, Counter()
        for (uid, problem), count in misuse.items():
            login = next((each.id for each in self.ground.logins.values() if each.uid == uid), None)
            self.ground.keep(LinkMisused(at=self.ground.now(), login=login, problem=problem, count=count))
