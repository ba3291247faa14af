"""What a plain window has shown of a page, and what it answers for it: the same in every toolkit."""

from datetime import datetime

from agent.link import pages
from agent.window import gate
from agent.window.outline import Sheet, sheets_of
from agent.window.plain_asking import Asking
from agent.window.talk import Said
from agent.words import Say
from policies.agreements import text_hash, text_in
from policies.settings import Language, Tier

SIZES: dict[Tier, int] = {"early": 150, "junior": 120, "teen": 106, "adult": 100, "visitor": 100}
"""Letters of each tier, in per cent of the desktop's own."""


class Seen:
    """Which sections of an agreement were on the screen to their end, for each of its texts."""

    def __init__(self) -> None:
        self._by_text: dict[str, set[int]] = {}

    def of(self, page: pages.GatePage, language: Language) -> set[int]:
        """Return the numbers of these sections; adding to it counts."""
        return self._by_text.setdefault(text_hash(text_in(page.agreement, language)), set())

    def is_all(self, page: pages.GatePage, language: Language) -> bool:
        """Say whether this text may be accepted."""
        return len(self.of(page, language)) == len(text_in(page.agreement, language).sections)

    def why(self, page: pages.GatePage, say: Say, at: int) -> str:
        """Return what stands beside the answers on the sheet with this number: what is missing still."""
        seen = self.of(page, say.language)
        if self.is_all(page, say.language):
            return say.you("You have seen every page.")
        sheets = sheets_of(page, say, datetime.now().astimezone())
        if not is_seen(sheets[at], seen):
            return say("This page goes on below. Help and sign-out work at any time.")
        if at == len(sheets) - 1:
            missed = next(number for number, each in enumerate(sheets, 1) if not is_seen(each, seen))
            return gate.missed_words(say, missed)
        count = len(text_in(page.agreement, say.language).sections)
        return say.you("You can accept after all {n} pages. Help and sign-out work at any time.", n=count)


def is_seen(sheet: Sheet, seen: set[int]) -> bool:
    """Say whether all of a sheet was on the screen. Pure."""
    return set(sheet.sections) <= seen


def said_of(page: pages.AnyPage, language: Language, choice: str, asking: Asking, seen: Seen) -> Said:
    """Return what one press says, with what was typed and, of an agreement, what was seen of which text."""
    text = ""
    sections: tuple[int, ...] = ()
    if isinstance(page, pages.GatePage):
        text, sections = text_hash(text_in(page.agreement, language)), tuple(seen.of(page, language))
    return Said(
        do=choice,  # type: ignore[arg-type]
        language=language,
        hash=text,
        sections=sections,
        reason=asking.reason,
        pupil_data=asking.pupil_data,
        passphrase=asking.take_passphrase() if choice == "unlock" else "",
    )
