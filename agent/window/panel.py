"""What one click on the tray icon opens: help first, then the lock, the rules, the record."""

from agent.link import pages
from agent.window.markup import Html, icon, name_of, tag
from agent.window.parts import (
    REPORT_SIGN,
    choice_button,
    contacts_list,
    note,
    school_mark,
    small_window,
)
from agent.words import Say

MOST_CONTACTS = 3


def block(page: pages.PanelPage, say: Say) -> Html:
    """Return the window's one block."""
    connected = (
        tag("span", icon("tick"), say("Connected"), class_="state ok")
        if page.online
        else tag("span", icon("ring"), say("Not connected"), class_="state off")
    )
    return small_window(
        say,
        tag("h1", "Gatepost", class_="hear", tabindex=-1),
        tag("div", school_mark(page.school), connected, class_="row apart"),
        tag("p", name_of(page.person), class_="small quiet") if page.person else None,
        tag("div", icon("eye"), tag("p", page.viewing), class_="viewing", role="status")
        if page.viewing
        else None,
        _standing(page),
        _told(say) if page.help_asked else None,
        tag("ul", *_entries(page, say)),
        _contacts(page, say),
        _offline(page, say),
        choice_button(say("Close"), "close", class_="btn slim wide"),
    )


def _standing(page: pages.PanelPage) -> Html | None:
    """Return who supervises and who has paused the lock."""
    lines = [tag("p", line) for line in (page.supervised, page.paused) if line]
    return tag("div", icon("person"), tag("div", *lines), class_="viewing", role="status") if lines else None


def _entries(page: pages.PanelPage, say: Say) -> list[Html]:
    calm = say.you("Tell an adult. You are not in trouble.")
    return [
        *(_reporting(page, say, calm) if page.reports else ()),
        *(() if page.reports else (_entry("help", "hand", say("Something’s wrong"), calm, first=True),)),
        _entry("lock", "lock", say.you("Lock my screen"), half=page.reports),
        _entry("rules", "book", say.you("The rules I accepted")),
        _entry("record", "list", say("What is recorded about me"), say("And who looked")),
    ]


def _reporting(page: pages.PanelPage, say: Say, calm: str) -> list[Html]:
    """Return the way to a report first, answers to it quietly beneath, and a plain call for help."""
    entries = [_entry("report", REPORT_SIGN, say("Something’s wrong"), calm, first=True)]
    if page.replies or page.replies_read:
        words = say.you("An adult answered you") if page.replies else say.you("What an adult answered you")
        count = page.replies or page.replies_read
        entries.append(_entry("replies", "seal", words, say.many("{n} answer", "{n} answers", count)))
    entries.append(_entry("help", "hand", say("I need help")))
    entries.append(_entry("hide", "hide", say.you("Hide my screen"), page.shortcut, half=True))
    return entries


def _entry(
    choice: str, sign: str, words: str, small: str = "", *, first: bool = False, half: bool = False
) -> Html:
    return tag(
        "li",
        tag(
            "button",
            icon(sign),
            tag("span", words, tag("small", small) if small else None),
            type="button",
            data_choice=choice,
        ),
        class_="first" if first else "half" if half else None,
    )


def _told(say: Say) -> Html:
    heard = say.you("The school has your call for help. If nobody comes soon, go to an adult.")
    return note("ok", "hand", tag("p", tag("b", say.you("You told. That was right.")), " ", heard))


def _contacts(page: pages.PanelPage, say: Say) -> Html | None:
    lines = contacts_list(page.contacts, MOST_CONTACTS)
    if lines is None:
        return None
    return tag("div", tag("p", say.you("You can also go to:"), class_="quiet"), lines, class_="small")


def _offline(page: pages.PanelPage, say: Say) -> Html | None:
    if page.online:
        return None
    waiting = ""
    if page.waiting_records:
        waiting = say.many(
            "{n} record waits on this laptop and is sent later.",
            "{n} records wait on this laptop and are sent later.",
            page.waiting_records,
        )
    return note(
        "off",
        "nosignal",
        tag("p", say("This laptop has no connection to the school now."), " ", waiting, class_="small"),
    )
