"""An open desktop: the tray, apps in front, help, the rules, and what is recorded about me."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from agent.errors import AgentError
from agent.link import messages, pages
from agent.link.hiding import hidden_words
from agent.service import own_record
from agent.service.ground import Ground
from agent.service.locking import Locking
from agent.service.login import HelpSaid, Kept, Login
from agent.service.usage import Meter
from agent.words import say_in
from policies import wire
from policies.app_rules import lists_bind
from policies.records import HelpAsked

How = Literal["open", "renew", "renew-or-open"]

log = logging.getLogger(__name__)

HELP_SENT_WITHIN_SECONDS = 4.0
LOOK_AGAIN_SECONDS = 0.25
LOOK_LATER_SECONDS = 2.0
"""Once the call is said to wait: how often to look whether it has arrived after all."""
PANEL_AGAIN_SECONDS = 1.0
HELP_AGAIN_SECONDS = 10.0
"""Asking again within this time is the same call: a program could else fill the journal with them."""


class Desk:
    """Serves the logins whose desktop is open, and the help button everywhere."""

    def __init__(self, ground: Ground, locking: Locking) -> None:
        self._ground = ground
        self._locking = locking
        self.viewing: tuple[str, datetime] | None = None
        """Who looks at this lab, and until when."""
        self.on_help_passed_on: Callable[[Login], None] = lambda _login: None
        self.unread: Callable[[Login], int] = lambda _login: 0
        self.read: Callable[[Login], int] = lambda _login: 0
        """How many answers of an adult this person has not read."""
        self.lesson_lines: Callable[[Login], tuple[str, str]] = lambda _login: ("", "")
        """Who supervises, and who has paused the idle lock, as finished sentences."""
        self._panels: dict[str, pages.PanelPage] = {}
        """What each login's panel last said, by login; only its session knows if it is still open."""
        ground.loop.every(PANEL_AGAIN_SECONDS, self.renew_panels)

    # ---- the session's work ----

    def work(self, login: Login) -> None:
        """Tell a connected session what to do on an open desktop."""
        settings = self._ground.settings_for(login)
        usage = settings.usage
        if not usage.record_apps:
            login.meter = None
        if login.state != "open" or login.session is None or not login.session.connected:
            return
        if usage.record_apps and login.meter is None:
            login.meter = Meter(login.id, float(usage.active_within_seconds))
        if login.meter:
            login.meter.set_active_within(float(usage.active_within_seconds))
        say = say_in(login.person.language, login.person.tier)
        login.session.link.send(
            messages.Work(
                language=login.person.language,
                sense_apps=usage.record_apps or lists_bind(settings.apps, login.person.tier),
                texts=pages.TrayWords(
                    title=" · ".join(
                        filter(None, (say("School laptop: help, lock and rules"), *self.lesson_lines(login)))
                    ),
                    open_panel=say("Open"),
                    viewing=self.viewing_line(login),
                ),
                hide_shortcut=self._ground.settings.report.shortcut,
                hidden=hidden_words(say, school=self._ground.school, reports=self._ground.takes_reports),
            )
        )
        login.session.link.send(messages.Viewing(line=self.viewing_line(login)))

    def focused(self, login: Login, word: messages.Focused) -> None:
        """Another app came to the front."""
        if login.state == "open" and login.meter:
            clock = self._ground.clock
            login.meter.focus(word.app, word.program, self._ground.now(), clock.running())

    def alive(self, login: Login, word: messages.Alive) -> None:
        """Count the time since the last word."""
        if login.state == "open" and login.meter:
            login.meter.alive(word.idle_seconds, self._ground.now(), self._ground.clock.running())

    # ---- who looks ----

    def viewing_line(self, login: Login) -> str:
        """
        Return who looks at this lab, as a sentence in the login's language; empty for nobody.

        It says no end: a watch is prolonged for as long as the page is open, so its end is none.
        """
        if self.viewing is None:
            return ""
        say = say_in(login.person.language, login.person.tier)
        return say("{name} is viewing this lab now.", name=self.viewing[0])[:200]

    def set_viewing(self, viewing: tuple[str, datetime] | None) -> None:
        """An adult began or ceased to look: tell every open login."""
        before, self.viewing = self.viewing, viewing
        if (before and before[0]) == (viewing and viewing[0]):
            return
        for login in self._ground.logins.values():
            if login.state == "open" and login.session and login.session.connected:
                login.session.link.send(messages.Viewing(line=self.viewing_line(login)))

    # ---- what the pupil asks for ----

    def asked(self, login: Login, word: messages.Asked) -> None:
        """Do what was asked; at the gate only help can be. A report not taken here is a call for help."""
        if word.what in ("help", "report"):
            self._help(login, word.place)
        if login.state != "open":
            return
        match word.what:
            case "lock":
                self._locking.lock(login, "asked")
            case "rules":
                self._show_rules(login)
            case "record":
                self._show_record(login)
            case "panel":
                self._show_panel(login)

    def _help(self, login: Login, place: str) -> None:
        ground = self._ground
        at_gate = login.state != "open"
        now = ground.clock.boot()
        if login.help_boot is not None and now - login.help_boot < HELP_AGAIN_SECONDS:
            if not at_gate:
                self._notice(login, login.help_said, "open")
            return
        login.help_asked, login.help_boot = True, now
        kept = ground.keep(
            HelpAsked(
                at=ground.now(),
                login=login.id,
                os_user=login.os_user,
                person=login.person.person,
                place="gate" if at_gate else "launcher" if place == "launcher" else "panel",
            )
        )
        login.help_said = "help-asking"
        if not at_gate:  # the gate says by itself that it is asking
            self._notice(login, "help-asking", "open")
        self._tell_when_known(login, kept, now)

    def _tell_when_known(self, login: Login, kept: Kept | None, since_boot: float) -> None:
        """Say that the school has the call only once the server has it; until then, to tell an adult now."""
        ground = self._ground
        if login.help_boot != since_boot or login.id not in ground.logins:
            return  # asked again since, or signed out
        said_to_wait = login.help_said == "help-waiting"
        if kept is not None and ground.is_safe(kept):
            login.help_passed_on = True
            self._notice(login, "help-sent", "renew" if said_to_wait else "renew-or-open")
            self.renew_panels()
            self.on_help_passed_on(login)
            return
        late = kept is None or ground.clock.boot() - since_boot >= HELP_SENT_WITHIN_SECONDS
        if late and not said_to_wait:
            self._notice(login, "help-waiting", "renew-or-open")
        if kept is not None:
            again = LOOK_LATER_SECONDS if late else LOOK_AGAIN_SECONDS
            ground.loop.after(again, lambda: self._tell_when_known(login, kept, since_boot))

    def _notice(self, login: Login, kind: HelpSaid, how: How) -> None:
        login.help_said = kind
        self._show(
            login,
            pages.NoticePage(
                school=self._ground.school,
                language=login.person.language,
                tier=login.person.tier,
                kind=kind,
                contacts=self._ground.contacts,
            ),
            how,
        )

    def _show(self, login: Login, page: pages.AnyPage, how: How = "open") -> None:
        if how == "open":
            self._panels.pop(login.id, None)
        self._ground.show(login, page, how)

    def _show_panel(self, login: Login) -> None:
        page = self._panel(login)
        self._show(login, page)
        self._panels[login.id] = page

    def renew_panels(self) -> None:
        """Let every panel that may stand open say what holds now."""
        for number, page in list(self._panels.items()):
            login = self._ground.logins.get(number)
            if login is None or login.state != "open":
                del self._panels[number]
                continue
            now = self._panel(login)
            if now != page:
                self._panels[number] = now
                self._show(login, now, "renew")

    def _panel(self, login: Login) -> pages.PanelPage:
        ground = self._ground
        online = ground.connection.state == "online"
        supervised, paused = self.lesson_lines(login)
        return pages.PanelPage(
            school=ground.school,
            language=login.person.language,
            tier=login.person.tier,
            person=login.person.display_name,
            viewing=self.viewing_line(login),
            supervised=supervised,
            paused=paused,
            online=online,
            # Said only where they have to wait: connected, their number changes all the time.
            waiting_records=0 if online or ground.server is None else ground.server.journal.waiting().records,
            help_asked=login.help_passed_on,
            contacts=ground.contacts,
            reports=ground.takes_reports,
            replies=self.unread(login),
            replies_read=self.read(login),
            shortcut=ground.shortcut_of(login),
        )

    def _show_rules(self, login: Login) -> None:
        policy = self._ground.policy
        agreement = login.agreement or (policy.agreement_for(login.person.tier) if policy else None)
        if agreement is None:
            return
        at = login.accepted.at.isoformat() if login.accepted else ""
        self._show(
            login,
            pages.RulesPage(
                school=self._ground.school,
                language=login.person.language,
                tier=login.person.tier,
                agreement=agreement,
                accepted_at=at,
            ),
        )

    def _show_record(self, login: Login) -> None:
        """Show what is kept here at once where the server is away, else with the server's part."""
        ground = self._ground
        server = ground.server
        if server is None or ground.connection.state != "online":
            self._show(login, own_record.record_page(ground, login, None))
            return

        def then(result: wire.OwnRecords | AgentError) -> None:
            theirs = None if isinstance(result, AgentError) else result
            self._show(login, own_record.record_page(ground, login, theirs))

        ground.loop.work("own-record", lambda: server.uplink.own_records(login.id), then)
