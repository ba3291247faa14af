"""The agent's own words in the reader's language; nothing global, one object per page.

English is the source. Turkish says *sen* to children and *siz* to adults, so a message may have a second
translation in the context `adult`; `Say.you` asks for that one when the reader is grown.
"""

import gettext
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from policies.settings import Language, Tier

TRANSLATIONS = Path(__file__).parent / "translations"
ADULT = "adult"
GROWN_TIERS: tuple[Tier, ...] = ("adult", "visitor")


class Say:
    """Calling it translates; `you` also chooses how the reader is addressed."""

    def __init__(self, language: Language, tier: Tier = "adult") -> None:
        self.language = language
        self.grown = tier in GROWN_TIERS
        self._catalogue = _catalogue(language)

    def __call__(self, message: str, **values: object) -> str:
        """Return the message in this language; `{name}` stands for a value."""
        return _filled(self._catalogue.gettext(message), values)

    def you(self, message: str, **values: object) -> str:
        """Return the message as said to this reader, *sen* or *siz*."""
        if self.grown:
            return _filled(self._catalogue.pgettext(ADULT, message), values)
        return _filled(self._catalogue.gettext(message), values)

    def many(self, one: str, more: str, count: int, **values: object) -> str:
        """Return the singular or the plural, with `{n}` filled in."""
        return _filled(self._catalogue.ngettext(one, more, count), {"n": count, **values})

    def time(self, at: datetime) -> str:
        """Return the time on the 24-hour clock, as this language writes it. `at` is already local."""
        return at.strftime("%H.%M" if self.language == "tr" else "%H:%M")

    def day(self, at: date, today: date) -> str:
        """Return *Today*, *Yesterday*, or the weekday and date; the year only if it is another."""
        if at == today:
            return self("Today")
        if (today - at).days == 1:
            return self("Yesterday")
        months, days = _months(self), _weekdays(self)
        values = {"weekday": days[at.weekday()], "day": at.day, "month": months[at.month - 1]}
        if at.year == today.year:
            return self("{weekday} {day} {month}", **values)
        return self("{day} {month} {year}", year=at.year, **values)

    def duration(self, seconds: float) -> str:
        """Return a length of time in the roughest words that are still true."""
        if seconds < 60:
            return self.many("{n} second", "{n} seconds", round(seconds))
        minutes = round(seconds / 60)
        if minutes < 60:
            return self.many("{n} minute", "{n} minutes", minutes)
        hours, rest = divmod(minutes, 60)
        words = self.many("{n} hour", "{n} hours", hours)
        return words if not rest else words + " " + self.many("{n} minute", "{n} minutes", rest)


def say_in(language: Language, tier: Tier = "adult") -> Say:
    """Return the words for one page and its reader."""
    return Say(language, tier)


def _filled(message: str, values: dict[str, object]) -> str:
    """Fill `{name}` by plain replacement: a value may itself hold braces, and is never a format."""
    for name, value in values.items():
        if not isinstance(value, str | int):
            raise TypeError(name)
    parts = message.split("{")
    filled = [parts[0]]
    for part in parts[1:]:
        name, closed, rest = part.partition("}")
        filled.append(f"{values[name]}{rest}" if closed and name in values else "{" + part)
    return "".join(filled)


@lru_cache(maxsize=4)
def _catalogue(language: Language) -> gettext.NullTranslations:
    return gettext.translation("agent", localedir=TRANSLATIONS, languages=[language], fallback=True)


def _months(say: Say) -> tuple[str, ...]:
    return (
        say("January"),
        say("February"),
        say("March"),
        say("April"),
        say("May"),
        say("June"),
        say("July"),
        say("August"),
        say("September"),
        say("October"),
        say("November"),
        say("December"),
    )


def _weekdays(say: Say) -> tuple[str, ...]:
    return (
        say("Monday"),
        say("Tuesday"),
        say("Wednesday"),
        say("Thursday"),
        say("Friday"),
        say("Saturday"),
        say("Sunday"),
    )
