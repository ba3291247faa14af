"""What one page in a web view does with what its script says, whichever web view shows it."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from agent.link import pages
from agent.window import render
from agent.window.reading import Playing, Reader
from agent.window.report_draft import Picked, decide_readers, draft_of
from agent.window.talk import Said, Talk, stays_for


class WebPage:
    """Obeys the page's script; a web view gives the four doors at the end. All on the toolkit's thread."""

    def __init__(
        self, page: pages.AnyPage, talk: Talk, speech: Path | None, sound: Callable[[Path], Playing]
    ) -> None:
        self._page, self._talk = page, talk
        self._reader = Reader(speech, sound, self._line_ended)
        self._painted = self._over = False
        self._waits = False
        """A newer page came before the first was painted: until then there is no script to take it."""
        self._problem = ""
        self._is_bare = False
        self._picked: Picked | None = None
        """As it last stood in the report's window: not lost when somebody closes that with the frame."""

    def _obey(self, said: Said) -> None:
        if self._over:
            return
        if said.do == "painted":
            self._painted = True
            if self._waits:
                self._put()
        elif said.do == "read":
            self._reader.read(self._page, said.language, said.line)
        elif said.do == "hush":
            self._reader.hush()
        elif said.do == "size":
            self._fit(said.height)
        if self._talk.answer(self._page, said):
            self._end()
        elif said.picked is not None and isinstance(self._page, pages.ReportPage):
            self._picked = said.picked
            draft = draft_of(self._page, said.picked, said.language)
            readers = decide_readers(self._page.readers, draft.subject, draft.not_to)
            self._script(f"window.gatepost.readers({json.dumps([reader.id for reader in readers])})")

    def _line_ended(self, sounded: bool) -> None:
        self._soon(lambda: self._script(f"window.gatepost.said({json.dumps(sounded)})"))

    def _new_page_soon(self, page: pages.AnyPage) -> None:
        self._soon(lambda: self._new_page(page))

    def _new_page(self, page: pages.AnyPage) -> None:
        if not stays_for(self._page, page):
            return
        self._page = page
        self._put()

    def _put(self) -> None:
        """Give the page that holds now to the script, as soon as there is one."""
        self._waits = not self._painted
        if self._waits:
            return
        page = self._page
        markup = render.body(page, datetime.now().astimezone(), bare=self._is_bare)
        self._script(f"window.gatepost.replace({json.dumps(markup)}, {json.dumps(render.kind_of(page))})")

    def _closed_by_frame(self) -> bool:
        """Say whether the window may close itself: never, and the gate not at all. Else it is an answer."""
        if self._over:
            return True
        if isinstance(self._page, pages.GatePage):
            return False
        countdown = isinstance(self._page, pages.CountdownPage)
        self._obey(
            Said(do="here" if countdown else "close", language=self._page.language, picked=self._picked)
        )
        return True

    def _check_painted(self) -> bool:
        if not self._painted:
            self._fail("nothing was painted in time")
        return False

    def _fail(self, problem: str) -> None:
        self._problem = self._problem or problem
        self._end()

    # ---- what a web view gives ----

    def _script(self, script: str) -> None:
        """Run a script in the page, if there is one and it is not over."""
        raise NotImplementedError

    def _fit(self, height: int) -> None:
        """Give a small window the height of its words."""
        raise NotImplementedError

    def _end(self) -> None:
        """Close the window."""
        raise NotImplementedError

    def _soon(self, act: Callable[[], None]) -> None:
        """Do it on the toolkit's thread."""
        raise NotImplementedError
