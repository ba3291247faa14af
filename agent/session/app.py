"""The session's one loop: orders from the service, news from the display, answers from windows, ticks.

It holds nothing worth stealing and decides nothing. When the channel or the display ends, so does it.
"""

import logging
import os
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Literal

from agent import logs
from agent.backends import desktop as door
from agent.backends import own_process, service_link, waiting, window_child
from agent.backends.desktop import Desktop, DesktopGone, Starter
from agent.errors import DeviceFailed, LinkClosed, LinkMisuse
from agent.link import channel as link
from agent.link import messages as m
from agent.link import pages
from agent.link.channel import Channel
from agent.link.pages import AnyPage, WindowAnswer
from agent.session.apps import Apps
from agent.session.gate import PATIENCE_SECONDS, Gate
from agent.session.lesson import Lesson
from agent.session.reporting import KEEP_EVERY_SECONDS, Reporting
from agent.session.sticks import Sticks
from agent.session.tray import Tray
from agent.session.watch import Watch
from agent.session.windows import Place

log = logging.getLogger(__name__)
GUARD_EVERY_SECONDS = 1.0
WARNINGS = ("supervisor-left", "closed", "ends-soon")
"""Notices that come by themselves: they take no report from who writes it, and no cover hides them."""
Clock = Callable[[], float]


Link = Channel[m.AnyDown, m.AnyUp]


class Session:
    """Everything of one login, composed."""

    def __init__(
        self,
        channel: Link,
        desktop: Desktop,
        start: Starter,
        tray: Tray,
        now: Clock = time.monotonic,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._channel = channel
        self._desktop = desktop
        self._tray = tray
        self._now = now
        self._gate = Gate(desktop, start, self._send, patience_seconds)
        self._watch = Watch(desktop, self._send)
        self._page = Place(start)
        self._countdown = Place(start)
        self._warning = Place(start)
        self._sticks = Sticks(start, self._send, desktop)
        self._apps = Apps(desktop, start, self._send)
        self._reporting = Reporting(desktop, self._page, self._send)
        self._lesson = Lesson(desktop, self._page, (self._countdown, self._warning), start, self._send)
        self._reporting.is_covered = lambda: self._lesson.is_up
        self._reporting.hear_window = self._take_page_answers
        self._is_last = False
        """The open page is the last: its end is ours."""
        self._over = False

    def _send(self, message: m.AnyUp) -> None:
        self._channel.send(message)

    def run(self) -> None:
        """Work until told to stop; raises LinkClosed, LinkMisuse or DesktopGone when an end is gone."""
        self._send(m.Connected(lacking=self._desktop.lacking()))
        self._reporting.begin()
        try:
            while not self._over:
                self.turn(self._wait())
        finally:
            self._end_windows()

    def _wait(self) -> set[int]:
        """Wait for a fact or for the next tick; return the descriptors that are ready."""
        now = self._now()
        dues = [self._watch.due_at(), self._gate.due_at(), self._tray.due_at(now), self._lesson.due_at(now)]
        dues.append(self._apps.due_at())
        if self._gate.is_up or self._is_last:
            dues.append(now + GUARD_EVERY_SECONDS)
        if self._reporting.is_hidden:
            dues.append(now + KEEP_EVERY_SECONDS)
        seconds = max(0.0, min(due for due in dues if due is not None) - now)
        if self._desktop.has_news():
            seconds = 0.0  # else a key pressed while the idle clock was read would wait for the next tick
        readers = [self._channel.fileno(), self._desktop.fileno(), self._tray.fileno()]
        places = (self._gate.place, self._page, self._countdown, *self._small_places)
        readers += [place.window.fileno() for place in places if place.window is not None]
        writers = [self._channel.fileno()] if self._channel.wants_to_write else []
        ready, writable = waiting.wait(readers, writers, seconds)
        if writable:
            self._channel.flush()
        return set(ready)

    def turn(self, ready: set[int]) -> None:
        """Take everything that is there, once."""
        now = self._now()
        changes = self._desktop.take_changes()
        if changes:
            self._reporting.pressed(changes)  # before all else: what is to be hidden must not wait
        if "front-tell" in changes:
            self._lesson.pressed()
        self._take_page_answers()  # before any order that closes the page: what it said would go along
        if self._channel.fileno() in ready:
            for order in self._channel.read_ready():
                self.obey(order, now)
        if "focus" in changes:
            self._watch.look()
        if self._gate.place.window is not None:
            self._gate.take_answers(now)
        if self._countdown.window is not None:
            answers, _over = self._countdown.take_answers()
            if any(answer.choice == "here" for answer in answers):
                self._send(m.CountdownAnswered())
        if self._warning.window is not None:
            self._take_warning_answers()
        self._sticks.take_answers()
        self._apps.take_answers()
        self._lesson.take_answers()
        if self._tray.take_click():
            self._send(m.Asked(what="panel"))
        self._gate.tick(now)
        self._guard()
        self._lesson.tick(now, is_hidden=self._reporting.is_hidden)
        self._apps.tick(now, covered=self._is_covered)
        self._reporting.keep_hidden(self._own_pids())
        self._watch.tick(now)
        self._tray.tick(now, self._desktop.has_tray)

    def obey(self, order: m.AnyDown, now: float) -> None:
        """Do what the service orders."""
        match order:
            case m.ShowGate(page=page):
                self._wait_no_more()
                self._gate.show(page, now)
            case m.GateOver(opens=opens, page=notice):
                self._gate.take_away()
                if opens:
                    self._wait_no_more()
                    if not self._page.shows(pages.ReportPage):
                        self._page.close()
                elif notice is not None:
                    self._say_goodbye(notice)
            case m.Work(sense_apps=sense_apps, texts=texts):
                self._watch.sense_apps = sense_apps
                self._tray.show(texts)
                self._reporting.work(order)
                self._lesson.work(order)
            case m.ShowAttention(page=page):
                self._lesson.show(page, now)
            case m.HideAttention(order=number):
                self._lesson.hide(number)
            case m.ShowCountdown(page=page):
                self._countdown.open(page)
            case m.HideCountdown():
                self._countdown.close()
            case m.CheckCover(locker_pid=locker_pid):
                cover = self._desktop.check_cover(locker_pid)
                self._send(m.Covered(locker_pid=locker_pid, covered=cover.covered, problem=cover.problem))
            case m.ShowStick(page=page, opens=opens):
                self._sticks.show(page, opens=opens)
            case m.HideStick(plug=plug):
                self._sticks.hide(plug)
            case m.OpenFolder(folder=folder):
                self._desktop.open_folder(folder)
            case m.ShowPage(page=pages.MessagePage() as message):
                self._lesson.show_message(message)
            case m.HideMessage(order=number):
                self._lesson.drop_message(number)
            case m.PutAway():
                self._apps.put_away(order, now)
            case m.BringBack():
                self._apps.bring_back(order)
            case m.ShowPage(page=pages.AppPage() as app, how=how):
                self._apps.show(app, how, covered=self._is_covered)
            case m.ShowPage(page=pages.NoticePage() as notice) if self._warns(notice):
                pass
            case m.ShowPage(page=page, how=how):
                self._reporting.heard(page)
                if how == "open" or (not self._page.renew(page) and how == "renew-or-open"):
                    self._reporting.show(page, asked=how == "open")
            case m.Viewing(line=line):
                self._tray.set_viewing(line)
            case m.Stop():
                self._over = True

    def _warns(self, notice: pages.NoticePage) -> bool:
        """Show what comes by itself beside a report that is being written, or above a cover; say if so."""
        if notice.kind not in (*WARNINGS, "supervisor-back"):
            return False
        if self._warning.renew(notice):
            return True
        writes = self._page.window is not None and self._page.shows(pages.ReportPage)
        beside = notice.kind in WARNINGS and (writes or self._lesson.is_up)
        return beside and self._warning.open(notice)

    def _take_warning_answers(self) -> None:
        answers, _over = self._warning.take_answers()
        for answer in answers:
            if answer.event == "help" or answer.choice == "help":
                self._send(m.Asked(what="help", place=self._place()))
            elif answer.choice == "report" and self._lesson.is_up:
                self._lesson.pressed()
            elif answer.choice == "report" and not self._page.shows(pages.ReportPage):
                self._send(m.Asked(what="report", place=self._place()))

    def _say_goodbye(self, notice: AnyPage) -> None:
        """Say why the login ends. Closing the notice ends the session, and that lets the service go on."""
        self._warning.close()
        self._is_last = self._page.open(notice)
        self._over = not self._is_last
        self._desktop.guard_front(self._is_last)

    def _wait_no_more(self) -> None:
        """Whoever was told to wait for an adult may go on; a report that is being written stays open."""
        if self._is_last:
            self._is_last = False
            self._desktop.guard_front(False)
            if self._page.shows(pages.NoticePage):
                self._page.close()

    def _guard(self) -> None:
        """On the bare display, keep what is asked or said in front; a notice stands before the gate."""
        if not self._gate.is_up and not self._is_last:
            return
        window = self._page.window or self._gate.place.window
        if window is not None:
            self._desktop.keep_in_front(window.pid)

    def _take_page_answers(self) -> None:
        if self._page.window is None:
            return
        answers, over = self._page.take_answers()
        for answer in answers:
            self._take_page_answer(answer)
        if over and self._is_last:
            # Somebody who may not come in may still tell: the page for it comes, or the service ends us.
            self._over = not any(answer.choice in ("report", "replies") for answer in answers)

    def _take_page_answer(self, answer: WindowAnswer) -> None:
        if answer.event == "help":
            self._send(m.Asked(what="help", place=self._place()))
        elif answer.event == "done":
            match answer.choice:
                case "help" | "lock" | "rules" | "record" | "report" | "replies" as what:
                    self._send(m.Asked(what=what, place=self._place()))
        self._reporting.take(answer)

    def _place(self) -> Literal["panel", "rules", "attention", "gate"]:
        """Return from where something was asked."""
        if self._gate.is_up:
            return "gate"
        if self._lesson.is_up:
            return "attention"
        if self._page.shows(pages.RulesPage):
            return "rules"
        return "attention" if self._page.shows(pages.NoticePage) else "panel"

    def _own_pids(self) -> list[int]:
        """Return the processes of our windows that may stand above a hidden screen."""
        places = (self._gate.place, self._page, self._countdown, self._warning)
        return [place.window.pid for place in places if place.window is not None]

    @property
    def _small_places(self) -> tuple[Place, ...]:
        """Return the places of windows that stand beside the page."""
        return (self._warning, self._lesson.message, self._apps.place, *self._sticks.places)

    @property
    def _is_covered(self) -> bool:
        """Say whether something lies over the screen above which no window may come by itself."""
        return self._lesson.is_up or self._reporting.is_hidden

    def _end_windows(self) -> None:
        for place in (self._gate.place, self._page, self._countdown, *self._small_places):
            place.close()


def main(arguments: list[str]) -> int:
    """Run as the pupil on the link the service handed over; return the exit status."""
    parser = ArgumentParser(prog="agent session")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--fd", type=int, help="the link is this descriptor")
    way.add_argument("--pipe", default="", help="the link is the pipe of this name (Windows)")
    parser.add_argument("--tray", choices=("auto", "xembed", "appindicator"), default="auto")
    parser.add_argument("--patience", type=float, default=PATIENCE_SECONDS, help="seconds to paint a window")
    parser.add_argument("windows", nargs="*", help="handed on to every window")
    options = parser.parse_args(arguments)
    own_process.harden(dies_with_parent=True)
    logs.start_logging()
    status = _work(options.fd, options.pipe, options.tray, options.patience, options.windows)
    logging.shutdown()
    # pystray waits at exit for a thread that may never answer; everything of ours is closed already.
    os._exit(status)


def _work(descriptor: int | None, pipe: str, tray: str, patience_seconds: float, windows: list[str]) -> int:
    try:
        with service_link.take(descriptor, pipe) as end:
            channel = link.session_end(end)
            desktop = door.choose()
            starter = window_child.Starter(windows)
            Session(channel, desktop, starter, Tray(tray), patience_seconds=patience_seconds).run()
    except (LinkClosed, DesktopGone):
        log.info("the login is over")
    except (LinkMisuse, DeviceFailed):
        log.exception("the session cannot go on")
        return 1
    return 0
