"""The plain fallback where GTK is not at home: the same words and the same decisions, in Tk.

On Windows this is what stands in when WebView2 does not start. Tk has no words for screen readers; the web
window has.
"""

import contextlib
import queue
import tkinter
from collections.abc import Callable
from datetime import datetime
from functools import partial

from agent.link import pages
from agent.window import render
from agent.window.outline import Sheet, choices_of, sheets_of
from agent.window.parts import LANGUAGE_NAMES
from agent.window.plain_asking import Asking
from agent.window.plain_report import PlainReport
from agent.window.plain_seen import SIZES, Seen, said_of
from agent.window.report_draft import Picked
from agent.window.talk import Said, Talk, WindowImpossible, stays_for
from agent.window.tk_look import GROUND, POST, SURFACE, Look
from agent.window.tk_parts import Press, Row, Scroll, Words, line
from agent.window.tk_place import TkPlace
from agent.window.tk_rows import TkRows, entry_in
from agent.words import Say
from policies.settings import Language

LOOK_EVERY_MILLISECONDS = 80
"""How often pages handed over by the listening thread are taken: Tk wants only its own thread in it."""
MOST_OF_SCREEN = 0.55
"""More than that the buttons may not take: what they are about has to be read."""
_UPRIGHT = (pages.PanelPage, pages.NoticePage, pages.StickPage, pages.AppPage, pages.MessagePage)
"""Small windows, whose buttons stand one above the other."""


def show(page: pages.AnyPage, talk: Talk) -> None:
    """Show the page until it is answered or closed. Raises WindowImpossible."""
    try:
        root = tkinter.Tk(className="Gatepost")
    except tkinter.TclError as problem:
        raise WindowImpossible(f"toolkit not usable: {problem}") from problem
    TkWindow(root, page, talk).run()


class TkWindow:
    """One page in one window."""

    def __init__(self, root: tkinter.Tk, page: pages.AnyPage, talk: Talk) -> None:
        self._root, self._page, self._talk = root, page, talk
        root.withdraw()
        self._look = Look(root, SIZES[page.tier] * page.text_scale // 100)
        self._place = TkPlace(root, page, self._look.unit)
        self._language: Language = render.first_language(page)
        self._at = 0
        self._seen = Seen()
        self._sheet, self._count = Sheet(()), 1
        self._whole: tkinter.Frame | None = None
        self._body: Scroll | None = None
        self._bar: Row | None = None
        self._why: Words | None = None
        self._painted = self._over = False
        self._pointer = (root.winfo_pointerx(), root.winfo_pointery())
        self._soon: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._rows = TkRows(self._look)
        self._asking = Asking(self._rows)
        self._report: PlainReport | None = None
        if isinstance(page, pages.ReportPage):
            self._report = PlainReport(self._rows, page, self._say_of_report)
            self._report.when_changed(lambda: self._later(self._draw))

    def run(self) -> None:
        """Show the window and return when it is gone."""
        root = self._root
        root.title(self._look.words(render.title_of(self._page)))
        root.configure(background=GROUND)
        root.protocol("WM_DELETE_WINDOW", self._closing)
        root.bind("<Key>", self._key)
        if isinstance(self._page, pages.CountdownPage):
            root.bind("<Motion>", self._moved)
        self._draw()
        self._place.settle(self._height_wanted())
        self._focus()
        self._talk.listen(
            lambda page: self._later(lambda: self._new_page(page)), lambda: self._later(self._end)
        )
        self._take_soon()
        root.mainloop()
        with contextlib.suppress(tkinter.TclError):
            root.destroy()

    # ---- drawing ----

    def _draw(self) -> None:
        say = Say(self._language, self._page.tier)
        sheets = (Sheet(()),) if self._report else sheets_of(self._page, say, datetime.now().astimezone())
        self._at, self._count = min(self._at, len(sheets) - 1), len(sheets)
        self._sheet = sheets[self._at]
        if self._whole is not None:
            self._whole.destroy()
        whole = self._whole = tkinter.Frame(self._root, background=GROUND)
        tkinter.Frame(whole, background=POST, width=self._look.px(12)).pack(side="left", fill="y")
        leaf = tkinter.Frame(whole, background=GROUND)
        leaf.pack(side="left", fill="both", expand=True)
        self._draw_top(leaf, say)
        self._body = Scroll(
            leaf, self._look, self._mark
        )  # made in this order, the keyboard goes in this order
        bar = tkinter.Frame(leaf, background=SURFACE)
        bar.pack(side="bottom", fill="x")
        self._body.pack(side="top", fill="both", expand=True)
        self._draw_words(say)
        self._draw_bar(bar, say)
        self._body.canvas.bind("<Expose>", self._drawn)
        whole.pack(fill="both", expand=True)
        if self._painted:
            self._focus()
            self._later(self._fit_words)
        self._mark()

    def _fit_words(self) -> None:
        """Give a small window the height of its words, once they have wrapped; or pair its large buttons."""
        row, screen = self._bar, self._root.winfo_screenheight()
        self._root.update_idletasks()
        if row is not None and row.winfo_reqheight() > MOST_OF_SCREEN * screen:
            row.fold(2)
        self._place.fit(self._height_wanted())

    def _draw_top(self, leaf: tkinter.Frame, say: Say) -> None:
        top = tkinter.Frame(leaf, background=GROUND)
        top.pack(side="top", fill="x", padx=self._look.px(14), pady=self._look.px(10))
        offered = render.languages_of(self._page)
        if len(offered) > 1:
            for language in reversed(offered):
                switch = partial(self._switch, language)
                press = Press(top, self._look, LANGUAGE_NAMES[language], switch, wraps=False)
                press.allow(language != self._language)
                press.pack(side="right", anchor="n")
        words = self._page.school
        if self._count > 1:
            words += " · " + say("Page {n} of {all}", n=self._at + 1, all=self._count)
        Words(top, self._look, words).pack(side="left", fill="x", expand=True)

    def _draw_words(self, say: Say) -> None:
        body = self._body
        if body is None:
            return
        self._rows.put_into(body.column)
        if self._report:
            for row in self._report.rows(say):
                body.add(row)
            return
        self._rows.begin()
        for block in self._sheet.blocks:
            if block.words:
                body.add(
                    Words(body.column, self._look, block.words, block.kind), 6 if block.kind == "item" else 12
                )
        for row in self._asking.rows(self._page, say):
            body.add(row)

    def _draw_bar(self, bar: tkinter.Frame, say: Say) -> None:
        line(bar).pack(fill="x")
        inner = tkinter.Frame(bar, background=SURFACE)
        inner.pack(fill="x", padx=self._look.px(14), pady=self._look.px(10))
        if isinstance(self._page, pages.GatePage):
            steps = tkinter.Frame(inner, background=SURFACE)
            steps.pack(fill="x", pady=(0, self._look.px(6)))
            for words, to in ((say("Next page"), self._at + 1), (say("Page before"), self._at - 1)):
                if 0 <= to < self._count:
                    turn = Press(steps, self._look, words, partial(self._go, to), wraps=False)
                    turn.pack(side="right", anchor="n")
            self._why = Words(steps, self._look, "")
            self._why.pack(side="left", fill="x", expand=True)
        upright = isinstance(self._page, _UPRIGHT) and not self._place.fills_screen
        row = self._bar = Row(inner, self._look, most=1 if upright else 4)
        row.pack(fill="x")
        for words, act in self._report.buttons(say) if self._report else ():
            row.add(words, act)
        for words, choice in () if self._report else choices_of(self._page, say):
            press = row.add(words, partial(self._do, choice))
            if choice == "accepted":
                press.allow(False)

    def _height_wanted(self) -> int:
        """Return how high the window would be if nothing had to scroll."""
        if self._body is None or self._whole is None:
            return 0
        self._root.update_idletasks()
        rest = self._whole.winfo_reqheight() - self._body.winfo_reqheight()
        return rest + self._body.height_wanted()

    def _focus(self) -> None:
        if self._body is not None:
            row = self._asking.first_field
            field = entry_in(row) if row is not None else None
            (field if field is not None else self._body.canvas).focus_set()

    # ---- the gate ----

    def _mark(self) -> None:
        """Note what has been seen to its end, and let it be accepted once that is everything."""
        page, row = self._page, self._bar
        if not isinstance(page, pages.GatePage) or not self._painted or self._body is None or row is None:
            return
        if self._body.is_at_end():
            self._seen.of(page, self._language).update(self._sheet.sections)
        if row.presses:
            row.presses[0].allow(self._seen.is_all(page, self._language))
        if self._why is not None:
            self._why.say(self._seen.why(page, Say(self._language, page.tier), self._at))

    def _go(self, at: int) -> None:
        self._at = at
        self._draw()

    def _switch(self, language: Language) -> None:
        self._language = language
        self._draw()

    # ---- what is pressed ----

    def _drawn(self, _: object) -> None:
        if not self._painted:
            self._painted = True
            self._later(lambda: self._do("painted"))
            self._later(self._fit_words)
        self._later(self._mark)

    def _do(self, choice: str) -> None:
        self._answer(said_of(self._page, self._language, choice, self._asking, self._seen))

    def _say_of_report(self, what: str, picked: Picked) -> None:
        """Pass on what was done with the report; leaving keeps nothing of it."""
        kept = None if what in ("close", "help") else picked
        self._answer(Said(do=what, language=self._language, picked=kept))  # type: ignore[arg-type]

    def _answer(self, said: Said) -> None:
        if not self._over and self._talk.answer(self._page, said):
            self._end()

    def _key(self, event: "tkinter.Event[tkinter.Misc]") -> None:
        if isinstance(self._page, pages.CountdownPage):
            self._do("here")
        elif event.keysym == "Escape" and not isinstance(self._page, pages.GatePage | pages.ReportPage):
            self._do("close")

    def _moved(self, event: "tkinter.Event[tkinter.Misc]") -> None:
        """A window that comes up beneath a pointer hears of a move which nobody made."""
        if (event.x_root, event.y_root) != self._pointer:
            self._do("here")

    def _closing(self) -> None:
        if self._report:  # somebody closed the frame: what was written is offered again
            self._answer(Said(do="close", language=self._language, picked=self._report.picked))
        elif not isinstance(self._page, pages.GatePage):
            self._do("here" if isinstance(self._page, pages.CountdownPage) else "close")

    # ---- pages that come later ----

    def _new_page(self, page: pages.AnyPage) -> None:
        if stays_for(self._page, page):
            self._page = page
            if not isinstance(page, pages.ReportPage):
                self._report = None
            had = self._focused_words()
            self._draw()
            self._focus_on(had)

    def _focused_words(self) -> str:
        """Return what the button says that has the keyboard, if one beneath the words has."""
        with contextlib.suppress(tkinter.TclError, KeyError):
            found = self._root.focus_get()
            if isinstance(found, tkinter.Button):
                return str(found.cget("text"))
        return ""

    def _focus_on(self, words: str) -> None:
        """Leave the keyboard where it was: a check that goes on says something new every second."""
        for press in self._bar.presses if self._bar is not None and words else ():
            if press.button.cget("text") == words:
                press.button.focus_set()

    def _later(self, act: Callable[[], object]) -> None:
        """Do it on the toolkit's thread, when that is free."""
        self._soon.put(act)

    def _take_soon(self) -> None:
        with contextlib.suppress(queue.Empty):
            while not self._over:
                self._soon.get_nowait()()
        if not self._over:
            self._root.after(LOOK_EVERY_MILLISECONDS, self._take_soon)

    def _end(self) -> None:
        self._over = True
        self._root.quit()
