"""Reading aloud: one line at a time, rendered beforehand, stopped at once when asked."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from agent.link import pages
from agent.link.report_speech import report_lines
from agent.link.speech import speech_file, spoken_lines
from policies.settings import Language


def lines_of(page: pages.AnyPage, language: Language) -> tuple[str, ...]:
    """Return the numbered lines that can be heard in this window, in this language."""
    if isinstance(page, pages.ReportPage | pages.ReceiptPage):
        return report_lines(language)
    if not isinstance(page, pages.GatePage):
        return ()
    text = next((each for each in page.agreement.texts if each.language == language), None)
    return spoken_lines(text) if text else ()


class Playing(Protocol):
    """A sound, played once."""

    def finish(self) -> bool:
        """Play to the end; False if it cannot be played."""
        ...

    def stop(self) -> None:
        """End it now."""
        ...


class Reader:
    """Plays the numbered lines of one page. `on_end` hears, from a thread, whether it sounded."""

    def __init__(
        self, folder: Path | None, start: Callable[[Path], Playing], on_end: Callable[[bool], None]
    ) -> None:
        self._folder = folder
        self._start = start
        self._on_end = on_end
        self._current: Playing | None = None

    def read(self, page: pages.AnyPage, language: Language, line: int) -> None:
        """Play this line of the page's text in this language, in place of any other."""
        self.hush()
        path = self._path(page, language, line)
        if path is None:
            self._on_end(False)
            return
        sound = self._current = self._start(path)
        threading.Thread(target=self._play, args=(sound,), daemon=True).start()

    def hush(self) -> None:
        """Stop reading; its end is not reported."""
        sound, self._current = self._current, None
        if sound is not None:
            sound.stop()

    def _play(self, sound: Playing) -> None:
        sounded = sound.finish()
        if self._current is sound:
            self._current = None
            self._on_end(sounded)

    def _path(self, page: pages.AnyPage, language: Language, line: int) -> Path | None:
        if self._folder is None:
            return None
        lines = lines_of(page, language)
        return speech_file(self._folder, language, lines[line]) if 0 <= line < len(lines) else None
