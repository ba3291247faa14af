"""What is recorded about me: entries by day, what is never recorded, and who looked."""

from datetime import date, datetime
from itertools import groupby

from agent.link import pages
from agent.window.markup import Html, icon, name_of, tag
from agent.window.parts import choice_button, full_window, language_switch, note, report_button, school_mark
from agent.window.wording import (
    entry_words,
    look_words,
    looks_words,
    moment_of,
    moment_words,
    period_words,
)
from agent.words import Say
from policies.settings import LANGUAGES


def block(page: pages.RecordPage, say: Say, now: datetime) -> Html:
    """Return one language of the window."""
    name = tag("p", name_of(page.person), class_="quiet") if page.person else None
    period = tag("p", period_words(say, page), class_="quiet")
    title = tag("h1", say("What is recorded about me"), tabindex=-1)
    head = tag("div", title, name, period, class_="stack tight")
    columns = tag(
        "div",
        tag("div", *_days(page, say, now), class_="stack wide"),
        tag("aside", _looks(page, say, now), _never(page, say), class_="stack wide"),
        class_="cols side",
    )
    return full_window(
        say,
        top=(
            school_mark(page.school),
            tag(
                "div",
                report_button(page, say),
                language_switch(say, LANGUAGES),
                choice_button(say("Close"), "close"),
                class_="row",
            ),
        ),
        body=(tag("div", head, _source(page, say), _lacking(page, say), columns, class_="stack wide"),),
    )


def _source(page: pages.RecordPage, say: Say) -> Html:
    if page.online:
        return note("", "info", tag("p", say("From this laptop and from the school’s server.")))
    return note(
        "off",
        "nosignal",
        tag("p", say("No connection to the school now: only what this laptop itself remembers is shown.")),
    )


def _lacking(page: pages.RecordPage, say: Say) -> Html | None:
    if not page.lacking:
        return None
    return note(
        "off",
        "ring",
        tag("p", say("This laptop cannot record:")),
        tag("ul", *(tag("li", line) for line in page.lacking), class_="dots"),
    )


def _days(page: pages.RecordPage, say: Say, now: datetime) -> list[Html]:
    if not page.entries:
        return [
            tag(
                "section",
                tag("h2", say("Nothing yet")),
                tag("p", say("Nothing has been recorded in this time.")),
                class_="blank",
            )
        ]
    newest_first = sorted(page.entries, key=lambda entry: _sorting(entry, now), reverse=True)
    return [
        _day(say, day, list(entries), now)
        for day, entries in groupby(newest_first, key=lambda entry: _sorting(entry, now).date())
    ]


def _sorting(entry: pages.Entry, now: datetime) -> datetime:
    at = moment_of(entry.at)
    return at.astimezone(now.tzinfo) if at else now


def _day(say: Say, day: date, entries: list[pages.Entry], now: datetime) -> Html:
    name = say.day(day, now.date())
    headings = (say("What"), say("When"), say("Details"), say("Where it is"))
    rows = []
    for entry in entries:
        words = entry_words(say, entry, now)
        rows.append(
            tag(
                "tr",
                tag("th", words.what, scope="row"),
                tag("td", tag("span", words.when, class_="num"), data_label=headings[1]),
                tag("td", words.details or "–", data_label=headings[2]),
                tag("td", _place(say, entry), data_label=headings[3]),
            )
        )
    table = tag(
        "table",
        tag("caption", say.many("{n} entry, newest first", "{n} entries, newest first", len(rows))),
        tag("thead", tag("tr", *(tag("th", heading, scope="col") for heading in headings))),
        tag("tbody", *rows),
        class_="cards",
    )
    return tag(
        "section",
        tag("h2", name),
        tag("div", table, class_="tablebox", tabindex=0, role="region", aria_label=name),
        class_="stack",
    )


def _place(say: Say, entry: pages.Entry) -> Html:
    if entry.on_server:
        return tag("span", icon("tick"), say("At the school"), class_="state ok")
    return tag("span", icon("laptop"), say("On this laptop"), class_="state off")


def _looks(page: pages.RecordPage, say: Say, now: datetime) -> Html:
    said = tag("p", looks_words(say, page), class_="quiet" if page.looks else None)
    unlisted = None
    if page.reports:
        words = say.you(
            "What you tell with “Something’s wrong” is not listed here, so nobody beside you sees it."
        )
        unlisted = tag("p", words, class_="quiet")
    if not page.looks:
        return tag("section", tag("h2", say("Who looked")), said, unlisted, class_="card stack")
    entries = (
        tag(
            "li",
            tag("b", name_of(look.by)),
            tag("p", moment_words(say, look.at, now), class_="when"),
            tag("p", look_words(say, look.what)),
        )
        for look in page.looks
    )
    return tag(
        "section",
        tag("h2", say("Who looked")),
        said,
        tag("ul", *entries, class_="plain stack"),
        unlisted,
        class_="card stack",
    )


def _never(page: pages.RecordPage, say: Say) -> Html:
    items = [
        say.you("what you type or say"),
        say("pictures of your screen, camera or sound"),
        say("window titles and web addresses"),
        say.you("where you are"),
    ]
    if not page.records_apps:
        items.insert(0, say("which apps you use: this school does not record it"))
    return tag(
        "section",
        tag("h2", say("Never recorded")),
        tag("ul", *(tag("li", item) for item in items), class_="dots"),
        class_="card stack",
    )
