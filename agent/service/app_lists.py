"""The school's lists of apps on this laptop: told, asked first, or closed when one comes to the front.

What is in front is a claim of the pupil's own session, and a window may call itself anything: a list keeps
order in a lesson, it is no wall against somebody who means to step around it. A teacher's yes holds for one
login until its time, also when this service is started again. Adults are bound by no list.
"""

import logging
from typing import Literal

from agent.link import messages, pages
from agent.service.app_answers import AppAnswers, Asked
from agent.service.ears import Budget
from agent.service.ground import Ground
from agent.service.login import Login
from policies import orders
from policies.app_rules import Verdict, decide_app, key_of, lists_bind
from policies.records import AppAsked, AppHandled, OrderDone, short

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
SHOWN_AGAIN_SECONDS = 3.0
"""A window that is pressed again and again opens its page at most so often."""
NOTED_AGAIN_SECONDS = 60.0
NOTES_BURST, NOTES_A_SECOND = 30, 1 / 30
"""A program that calls itself something new every second fills no journal."""
ASKS_BURST, ASKS_A_SECOND = 6, 1 / 60
PAGES_BURST, PAGES_A_SECOND = 8, 1 / 3
"""Nor does it open windows without end: each is a program that starts. What it is put away for stays so."""
PUT_AWAY_AGAIN_SECONDS = 1.0
MOST_AWAY = 20
What = Literal["notified", "put-away", "closed", "allowed", "denied", "withdrawn"]


class OfLogin:
    """What holds for one login."""

    def __init__(self, running: float) -> None:
        self.front = ("", "")
        self.away: dict[tuple[str, str], None] = {}
        """Apps that were put away, the newest last: brought back if lists change so that they are allowed."""
        self.shown: dict[str, float] = {}
        self.noted: dict[tuple[str, str], float] = {}
        self.notes = Budget(NOTES_BURST, NOTES_A_SECOND, running)
        self.asks = Budget(ASKS_BURST, ASKS_A_SECOND, running)
        self.pages = Budget(PAGES_BURST, PAGES_A_SECOND, running)


def shown_name(app: str, program: str) -> str:
    """Return what an app is called to people: its window's class, else its program."""
    return short((app or program).strip())


class AppLists:
    """Decides on every app that comes to the front of an open login, where the settings have a list."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._of: dict[str, OfLogin] = {}
        self._answers = AppAnswers(ground.config.state / "app-answers.json")
        ground.loop.every(TICK_SECONDS, self._tick)

    # ---- what comes to the front ----

    def focused(self, login: Login, word: messages.Focused) -> None:
        """Another app came to the front; both empty for none."""
        if login.state == "open":
            self._state(login).front = (word.app, word.program)
            self._decide(login)

    def opened(self, login: Login) -> None:
        """A desktop opened, or a new session is back on it and does not know what was put away."""
        self._of.pop(login.id, None)
        login.signs.app_asked = self._answers.last_asked(login.id)

    def look(self) -> None:
        """The lists, the window of time or a consent may be others: decide anew on what is in front."""
        for login in self._ground.logins.values():
            if login.state == "open" and login.id in self._of:
                self._give_back(login)
                self._decide(login)

    def _give_back(self, login: Login) -> None:
        """Bring back what the lists no longer put away: a club has begun, a consent has come."""
        away = self._of[login.id].away
        for app, program in list(away):
            if self.verdict(login, app, program).answer in ("allow", "notify"):
                del away[app, program]
                self._send(login, messages.BringBack(app=app, program=program))

    def forget(self, login: Login) -> None:
        """The login has ended."""
        self._of.pop(login.id, None)
        self._answers.forget(login.id)

    def _state(self, login: Login) -> OfLogin:
        return self._of.setdefault(login.id, OfLogin(self._ground.clock.running()))

    def verdict(self, login: Login, app: str, program: str) -> Verdict:
        """Return what the lists say for this login now; a teacher's yes opens what is asked for first."""
        settings = self._ground.settings_for(login)
        if not lists_bind(settings.apps, login.person.tier):
            return Verdict("allow", None)
        consents = login.grant.consents if login.grant else ()
        found = decide_app(settings.apps, settings.hours.session, app, program, consents)
        if found.answer == "ask":
            now = self._ground.now()
            if self._answers.is_allowed(login.id, (key_of(app), key_of(program)), now):
                return Verdict("allow", found.rule)
        return found

    def _decide(self, login: Login) -> None:
        of = self._state(login)
        app, program = of.front
        found = self.verdict(login, app, program)
        name = shown_name(app, program)
        login.signs.app_noticed = name if found.answer == "notify" else ""
        match found.answer:
            case "allow":
                return
            case "notify":
                self._note(login, app, program, "notified")
            case "ask":
                self._put_away(login, app, program, closes=False)
                self._note(login, app, program, "put-away")
                asked = self._answers.asked(login.id, key_of(name))
                self._show(
                    login, app, program, "waiting" if asked else "ask", words=asked.words if asked else ""
                )
            case "close":
                self._put_away(login, app, program, closes=True)
                self._note(login, app, program, "closed")
                self._show(login, app, program, "consent" if found.lacks_consent else "closed")

    def _put_away(self, login: Login, app: str, program: str, *, closes: bool) -> None:
        away = self._state(login).away
        away.pop((app, program), None)
        away[app, program] = None
        while len(away) > MOST_AWAY:
            del away[next(iter(away))]
        self._send(
            login,
            messages.PutAway(app=app, program=program, closes=closes, again_seconds=PUT_AWAY_AGAIN_SECONDS),
        )

    # ---- the question ----

    def wanted(self, login: Login, word: messages.AppWanted) -> None:
        """The pupil asks, or takes the question back. Only what the list says to ask for can be asked."""
        name = shown_name(word.app, word.program)
        key = key_of(name)
        if login.state != "open" or not key:
            return
        before = self._answers.asked(login.id, key)
        if word.what == "withdraw":
            if before is None:
                return
            self._answers.settle(login.id, key)
            login.signs.app_asked = self._answers.last_asked(login.id)
            self._keep_handled(login, word.app, word.program, "withdrawn")
            self._show(login, word.app, word.program, "ask", at_once=True)
            return
        if self.verdict(login, word.app, word.program).answer != "ask":
            return
        if before is None and not self._ask(login, word, key):
            return
        words = before.words if before else short(word.words)
        self._show(login, word.app, word.program, "waiting", words=words, at_once=True)

    def _ask(self, login: Login, word: messages.AppWanted, key: str) -> bool:
        ground = self._ground
        if not self._state(login).asks.spend(1, ground.clock.running()):
            log.warning("asked for too many apps", extra={"login": login.id})
            return False
        name, program, words = shown_name(word.app, word.program), short(word.program), short(word.words)
        kept = ground.keep(
            AppAsked(
                at=ground.now(),
                login=login.id,
                os_user=login.os_user,
                person=login.person.person,
                app=name,
                program=program,
                words=words,
            )
        )
        if kept is None:
            return False
        self._answers.ask(login.id, key, Asked(short(word.app), program, words, ground.now()))
        login.signs.app_asked = name
        return True

    # ---- the answer ----

    def obey(self, said: orders.AppAnswered) -> None:
        """Take a teacher's yes or no, once."""
        if self._answers.is_done(said.order):
            return
        outcome, problem = self._obey(said)
        self._answers.done(said.order)
        record = OrderDone(at=self._ground.now(), order=said.order, outcome=outcome, problem=problem)
        self._ground.keep(record)

    def _obey(self, said: orders.AppAnswered) -> tuple[Literal["done", "failed", "expired"], str]:
        ground = self._ground
        login = ground.logins.get(said.login)
        if said.until <= ground.now():
            return "expired", ""
        if login is None or login.state != "open":
            return "failed", "that login has ended"
        key = key_of(said.app)
        asked = self._answers.asked(login.id, key)
        app, program = (asked.app, asked.program) if asked else (said.app, "")
        if said.allowed:
            self._answers.allow(login.id, key, said.until)
        self._answers.settle(login.id, key)
        login.signs.app_asked = self._answers.last_asked(login.id)
        if not said.allowed:
            self._keep_handled(login, app, program, "denied")
            self._show(login, app, program, "denied", by=said.by, at_once=True)
            return "done", ""
        found = self.verdict(login, app, program)
        if found.answer == "close":
            self._show(login, app, program, "consent" if found.lacks_consent else "closed", at_once=True)
            return "failed", "the list closes this app now"
        self._keep_handled(login, app, program, "allowed")
        self._state(login).away.pop((app, program), None)
        self._send(login, messages.BringBack(app=app, program=program))
        self._show(login, app, program, "allowed", by=said.by, at_once=True)
        return "done", ""

    def _tick(self) -> None:
        """A yes whose time is over holds no longer, also for what is in front."""
        for number in self._answers.expire(self._ground.now()):
            login = self._ground.logins.get(number)
            if login is not None and login.state == "open" and number in self._of:
                self._decide(login)

    # ---- told ----

    def _note(self, login: Login, app: str, program: str, what: What) -> None:
        """Keep that it happened, but not each of a hundred presses in a minute."""
        of, now = self._state(login), self._ground.clock.running()
        key = (key_of(shown_name(app, program)), what)
        if now - of.noted.get(key, -NOTED_AGAIN_SECONDS) < NOTED_AGAIN_SECONDS or not of.notes.spend(1, now):
            return
        of.noted = {each: at for each, at in of.noted.items() if now - at < NOTED_AGAIN_SECONDS}
        of.noted[key] = now
        self._keep_handled(login, app, program, what)

    def _keep_handled(self, login: Login, app: str, program: str, what: What) -> None:
        name = shown_name(app, program)
        record = AppHandled(
            at=self._ground.now(), login=login.id, app=name, program=short(program), what=what
        )
        self._ground.keep(record)

    def _show(
        self,
        login: Login,
        app: str,
        program: str,
        state: Literal["ask", "waiting", "allowed", "denied", "closed", "consent"],
        *,
        by: str = "",
        words: str = "",
        at_once: bool = False,
    ) -> None:
        of, now = self._state(login), self._ground.clock.running()
        key = f"{state} {key_of(shown_name(app, program))}"
        again = now - of.shown.get(key, -SHOWN_AGAIN_SECONDS) < SHOWN_AGAIN_SECONDS
        if not at_once and (again or not of.pages.spend(1, now)):
            return
        of.shown = {each: at for each, at in of.shown.items() if now - at < SHOWN_AGAIN_SECONDS}
        of.shown[key] = now
        page = pages.AppPage(
            school=self._ground.school,
            language=login.person.language,
            tier=login.person.tier,
            app=short(app),
            program=short(program),
            state=state,
            by=by,
            words=words,
        )
        self._ground.show(login, page, "renew-or-open" if at_once else "open")

    def _send(self, login: Login, order: messages.AnyDown) -> None:
        if login.session and login.session.connected:
            login.session.link.send(order)
