"""Languages of the staff pages: choosing one, gettext, and dates and counts as people write them."""

import datetime as days
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from babel import Locale, dates, lists, numbers
from babel.support import NullTranslations, Translations

from policies.settings import LANGUAGES, Language

TRANSLATIONS = Path(__file__).parent.parent / "translations"
LANGUAGE_COOKIE = "gatepost_language"
LANGUAGE_NAMES: dict[Language, str] = {"en": "English", "tr": "Türkçe"}
_LOCALES: dict[Language, Locale] = {"en": Locale("en", "GB"), "tr": Locale("tr", "TR")}


def choose_language(asked: str | None, kept: str | None, preferred: str | None, header: str) -> Language:
    """Return the first of these that we have: address, cookie, staff record, browser, English."""
    wished = [asked, kept, preferred]
    wished += [part.split(";")[0].strip().split("-")[0].lower() for part in header[:200].split(",")]
    for wish in wished:
        for language in LANGUAGES:
            if wish == language:
                return language
    return "en"


@cache
def translations(language: Language) -> NullTranslations:
    """Return the compiled texts of one language; English is what stands in the source."""
    if language == "en":
        return NullTranslations()
    return Translations.load(TRANSLATIONS, [language], domain="server")


class Words:
    """Everything a page says that differs between languages."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.locale = _LOCALES[language]
        self._translations = translations(language)

    def say(self, message: str, **values: object) -> str:
        """Return one sentence in this language."""
        said = self._translations.gettext(message)
        return said % values if values else said

    def count(self, one: str, many: str, number: int, **values: object) -> str:
        """Return a sentence that depends on a number, `%(num)s` in the text."""
        said = self._translations.ngettext(one, many, number)
        return said % {"num": self.number(number), **values}

    def number(self, value: float) -> str:
        """Return a number with this language's separators."""
        return numbers.format_decimal(value, locale=self.locale)

    def percent(self, value: int) -> str:
        """Return so many per cent, the sign where this language puts it."""
        return numbers.format_percent(value / 100, locale=self.locale)

    def join(self, parts: Iterable[str]) -> str:
        """Return "a, b and c"."""
        return lists.format_list(list(parts), locale=self.locale)

    # -- times: the server's own zone, 24-hour clock, days by name near today -----------------------

    def clock(self, at: datetime, *, seconds: bool = False) -> str:
        """Return the time of day."""
        local = at.astimezone()
        separator = "." if self.language == "tr" else ":"
        parts = [f"{local.hour:02}", f"{local.minute:02}"] + ([f"{local.second:02}"] if seconds else [])
        return separator.join(parts)

    def day(self, at: datetime, now: datetime) -> str:
        """Return "today", "yesterday", a weekday within a week, else the date; the year when it differs."""
        local, today = at.astimezone(), now.astimezone().date()
        back = (today - local.date()).days
        if back == 0:
            return self.say("today")
        if back == 1:
            return self.say("yesterday")
        if 1 < back < 7:
            return str(dates.format_date(local, "EEEE", locale=self.locale))
        return str(dates.format_date(local, "d MMM" if local.year == today.year else "d MMM y", self.locale))

    def moment(self, at: datetime, now: datetime) -> str:
        """Return day and time, as near as a person would say it."""
        return f"{self.day(at, now)} {self.clock(at)}"

    def date(self, at: datetime | days.date) -> str:
        """Return the full date, for paper."""
        day = at.astimezone() if isinstance(at, datetime) else at
        return str(dates.format_date(day, "d MMMM y", locale=self.locale))

    def months(self, since: days.date, until: days.date) -> str:
        """Return the months from one day to the last before another, such as "September to December"."""
        first, last = (
            dates.format_date(day, "LLLL", locale=self.locale) for day in (since, until - timedelta(days=1))
        )
        return str(first) if first == last else self.say("%(first)s to %(last)s", first=first, last=last)

    def stamp(self, at: datetime) -> str:
        """Return date and time in full and short, for tables on paper."""
        day = dates.format_date(at.astimezone(), "d MMM y", locale=self.locale)
        return f"{day} {self.clock(at)}"

    def span(self, seconds: float) -> str:
        """Return a length of time in one or two units, never more exact than it is useful."""
        whole = max(0, int(seconds))
        if whole < 60:
            return self.say("under 1 min")
        minutes, hours, days = whole // 60, whole // 3600, whole // 86400
        if minutes < 60:
            return self.say("%(n)s min", n=minutes)
        if hours < 24:
            if minutes % 60 == 0 or hours >= 6:
                return self.say("%(n)s h", n=hours)
            return self.say("%(h)s h %(m)s min", h=hours, m=minutes % 60)
        return self.count("%(num)s day", "%(num)s days", days)

    def ago(self, at: datetime, now: datetime) -> str:
        """Return how long ago, or "now" within half a minute."""
        passed = now - at
        if passed < timedelta(seconds=30):
            return self.say("now")
        return self.say("%(span)s ago", span=self.span(passed.total_seconds()))


@cache
def words_in(language: Language) -> Words:
    """Return the words of one language; made once."""
    return Words(language)
