"""The fallback without a web view: the same words in plain toolkit labels, three equal buttons."""

from datetime import datetime
from typing import Any

from agent.link import pages
from agent.window import render
from agent.window.markup import harmless
from agent.window.outline import Sheet, choices_of, sheets_of
from agent.window.parts import LANGUAGE_NAMES
from agent.window.place import keep_in_front, place_for
from agent.window.plain_asking import Asking
from agent.window.plain_report import PlainReport
from agent.window.plain_rows import GtkRows
from agent.window.plain_seen import SIZES, Seen, said_of
from agent.window.report_draft import Picked
from agent.window.talk import Said, Talk, WindowImpossible, stays_for
from agent.words import Say
from policies.settings import Language

STYLE = b"""
window, viewport, scrolledwindow { background: #f3f6f3; color: #16231f; }
.bar { background: #ffffff; }
button { background: #ffffff; color: #16231f; border: 2px solid #66766f; padding: 12px; font-weight: 600; }
button:focus { outline: 3px solid #1a4fd6; }
button:disabled { color: #46564f; border-style: dashed; }
label.title { font-size: 190%; font-weight: 700; }
label.heading { font-size: 130%; font-weight: 700; }
label.note { background: #dfeaf6; padding: 10px; }
"""
END_SLACK = 8


def show(page: pages.AnyPage, talk: Talk) -> None:
    """Show the page until it is answered or closed. Raises WindowImpossible."""
    try:
        import gi

        gi.require_version("Gtk", "3.0")
        gi.require_version("Gdk", "3.0")
        from gi.repository import GLib, Gtk
    except Exception as problem:
        raise WindowImpossible(f"toolkit not usable: {type(problem).__name__}: {problem}") from problem
    place = place_for(page)
    if place is None:
        raise WindowImpossible("no display")
    PlainWindow(Gtk, GLib, page, talk, place).run()


class PlainWindow:
    """One page in one toolkit window."""

    def __init__(self, gtk: Any, glib: Any, page: pages.AnyPage, talk: Talk, place: Any) -> None:
        self._gtk, self._glib = gtk, glib
        self._page, self._talk, self._place = page, talk, place
        self._language: Language = render.first_language(page)
        self._at = 0
        self._seen = Seen()
        self._accept: Any = None
        self._why: Any = None
        self._sheet = Sheet(())
        self._window = gtk.Window(title=harmless(render.title_of(page)))
        self._body: Any = None
        self._painted = False
        self._asking = Asking(GtkRows(gtk))
        self._report: PlainReport | None = None
        if isinstance(page, pages.ReportPage):
            self._report = PlainReport(GtkRows(gtk), page, self._say_of_report)
            self._report.when_changed(lambda: self._soon(self._draw))

    def run(self) -> None:
        """Show the window and return when it is gone."""
        provider = self._gtk.CssProvider()
        percent = SIZES[self._page.tier] * self._page.text_scale // 100
        provider.load_from_data(STYLE + f"window {{ font-size: {percent}%; }}".encode())
        self._gtk.StyleContext.add_provider_for_screen(
            self._window.get_screen(), provider, self._gtk.STYLE_PROVIDER_PRIORITY_APPLICATION
        )
        window, place = self._window, self._place
        window.set_decorated(place.framed)
        window.set_keep_above(place.on_top)
        window.set_default_size(place.width, place.height)
        window.connect("delete-event", lambda *_: self._closing())
        window.connect("key-press-event", self._key)
        if isinstance(self._page, pages.CountdownPage):
            window.connect("motion-notify-event", lambda *_: self._do("here"))
        if isinstance(self._page, pages.GatePage) or place.bare:
            window.set_size_request(place.width, place.height)
            keep_in_front(window, place)
        place.settle(window)
        self._draw()
        window.show_all()
        window.get_window().raise_()
        self._talk.listen(self._new_page_soon, lambda: self._soon(self._gtk.main_quit))
        self._gtk.main()
        window.destroy()

    def _draw(self) -> None:
        say = Say(self._language, self._page.tier)
        sheets = (Sheet(()),) if self._report else sheets_of(self._page, say, datetime.now().astimezone())
        self._at = min(self._at, len(sheets) - 1)
        self._sheet = sheets[self._at]
        old = self._window.get_child()
        if old is not None:
            self._window.remove(old)
        box = self._gtk.Box(orientation=self._gtk.Orientation.VERTICAL)
        box.pack_start(self._top(say, len(sheets)), False, False, 0)
        box.pack_start(self._words(say), True, True, 0)
        box.pack_end(self._bar(say, len(sheets)), False, False, 0)
        self._window.add(box)
        box.show_all()
        adjustment = self._body.get_vadjustment()
        adjustment.connect("value-changed", lambda *_: self._mark())
        adjustment.connect("changed", lambda *_: self._mark())
        self._body.connect("draw", lambda *_: self._drawn())
        field = self._asking.first_field
        (field if field is not None else self._body).grab_focus()

    def _top(self, say: Say, count: int) -> Any:
        row = self._gtk.Box(spacing=8, margin=12)
        row.pack_start(self._label(self._page.school), False, False, 0)
        if count > 1:
            row.pack_start(self._label(say("Page {n} of {all}", n=self._at + 1, all=count)), False, False, 12)
        offered = render.languages_of(self._page)
        for language in reversed(offered) if len(offered) > 1 else ():
            button = self._gtk.Button(label=LANGUAGE_NAMES[language])
            button.set_sensitive(language != self._language)
            button.connect("clicked", lambda _, chosen=language: self._switch(chosen))
            row.pack_end(button, False, False, 0)
        return row

    def _words(self, say: Say) -> Any:
        column = self._gtk.Box(orientation=self._gtk.Orientation.VERTICAL, spacing=10, margin=24)
        for row in self._report.rows(say) if self._report else ():
            column.pack_start(row, False, False, 0)
        for block in self._sheet.blocks:
            label = self._label(("• " if block.kind == "item" else "") + block.words)
            label.get_style_context().add_class(block.kind)
            label.set_line_wrap(True)
            label.set_max_width_chars(84)
            column.pack_start(label, False, False, 0)
        for row in self._asking.rows(self._page, say):
            column.pack_start(row, False, False, 0)
        self._body = self._gtk.ScrolledWindow(can_focus=True)
        self._body.set_policy(self._gtk.PolicyType.NEVER, self._gtk.PolicyType.AUTOMATIC)
        self._body.add(column)
        return self._body

    def _bar(self, say: Say, count: int) -> Any:
        bar = self._gtk.Box(orientation=self._gtk.Orientation.VERTICAL, spacing=8, margin=12)
        bar.get_style_context().add_class("bar")
        gate = isinstance(self._page, pages.GatePage)
        if gate:
            steps = self._gtk.Box(spacing=8)
            self._why = self._label("")
            self._why.set_line_wrap(True)
            steps.pack_start(self._why, True, True, 0)
            for words, to in ((say("Next page"), self._at + 1), (say("Page before"), self._at - 1)):
                if 0 <= to < count:
                    step = self._gtk.Button(label=words)
                    step.connect("clicked", lambda _, chosen=to: self._go(chosen))
                    steps.pack_end(step, False, False, 0)
            bar.pack_start(steps, False, False, 0)
        row = self._gtk.Box(
            spacing=12,
            homogeneous=True,
            orientation=self._gtk.Orientation.HORIZONTAL
            if gate or self._report
            else self._gtk.Orientation.VERTICAL,
        )
        for words, act in self._report.buttons(say) if self._report else ():
            button = self._gtk.Button(label=words)
            button.connect("clicked", lambda _, chosen=act: chosen())
            row.pack_start(button, True, True, 0)
        for words, choice in () if self._report else choices_of(self._page, say):
            button = self._gtk.Button(label=words)
            button.connect("clicked", lambda _, chosen=choice: self._do(chosen))
            row.pack_start(button, True, True, 0)
            if choice == "accepted":
                self._accept = button
        bar.pack_start(row, False, False, 0)
        return bar

    def _label(self, words: str) -> Any:
        return self._gtk.Label(label=harmless(words), xalign=0.0)

    def _mark(self) -> None:
        page = self._page
        if not isinstance(page, pages.GatePage) or not self._painted:
            return
        place = self._body.get_vadjustment()
        if place.get_value() + place.get_page_size() >= place.get_upper() - END_SLACK:
            self._seen.of(page, self._language).update(self._sheet.sections)
        self._accept.set_sensitive(self._seen.is_all(page, self._language))
        words = self._seen.why(page, Say(self._language, page.tier), self._at)
        if self._why.get_text() != words:
            self._why.set_text(words)

    def _drawn(self) -> bool:
        if not self._painted:
            self._painted = True
            self._soon(lambda: self._do("painted"))
        self._soon(self._mark)
        return False

    def _do(self, choice: str) -> bool:
        said = said_of(self._page, self._language, choice, self._asking, self._seen)
        if self._talk.answer(self._page, said):
            self._gtk.main_quit()
        return False

    def _say_of_report(self, what: str, picked: Picked) -> None:
        """Pass on what was done with the report; leaving keeps nothing of it."""
        kept = None if what in ("close", "help") else picked
        said = Said(do=what, language=self._language, picked=kept)  # type: ignore[arg-type]
        if self._talk.answer(self._page, said):
            self._gtk.main_quit()

    def _key(self, _: Any, event: Any) -> bool:
        if isinstance(self._page, pages.CountdownPage):
            self._do("here")
        elif event.keyval == 0xFF1B and not isinstance(self._page, pages.GatePage | pages.ReportPage):
            self._do("close")
        return False

    def _closing(self) -> bool:
        if self._report:
            self._talk_closed(self._report)
        elif not isinstance(self._page, pages.GatePage):
            self._do("here" if isinstance(self._page, pages.CountdownPage) else "close")
        return True

    def _talk_closed(self, report: PlainReport) -> None:
        """Somebody closed the frame: what was written is offered again."""
        said = Said(do="close", language=self._language, picked=report.picked)
        if self._talk.answer(self._page, said):
            self._gtk.main_quit()

    def _switch(self, language: Language) -> None:
        self._language = language
        self._draw()

    def _go(self, at: int) -> None:
        self._at = at
        self._draw()

    def _new_page_soon(self, page: pages.AnyPage) -> None:
        self._soon(lambda: self._new_page(page))

    def _new_page(self, page: pages.AnyPage) -> None:
        if stays_for(self._page, page):
            self._page = page
            if not isinstance(page, pages.ReportPage):
                self._report = None
            self._draw()

    def _soon(self, act: Any) -> None:
        def once() -> bool:
            act()
            return False

        self._glib.idle_add(once)
