"""One short thing said once, with the way to help beneath it."""

from datetime import datetime

from agent.link import pages
from agent.window.markup import Html, icon, tag
from agent.window.parts import choice_button, contacts_list, report_button, school_mark, small_window
from agent.window.wording import moment_of
from agent.words import Say

SIGNS = {
    "help-asking": "hand",
    "help-sent": "tick",
    "help-waiting": "glass",
    "declined": "door",
    "timed-out": "clock",
    "not-listed": "person",
    "offline-unknown": "nosignal",
    "no-agreement": "doc",
    "gate-failed": "odd",
    "session-lost": "odd",
    "too-fast": "book",
    "lock-failed": "unlock",
    "problem-sent": "tick",
    "problem-not-kept": "odd",
    "quarantined": "laptop",
    "restricted": "clock",
    "meeting": "chat",
    "induction": "book",
    "ends-soon": "clock",
    "closed": "clock",
    "unsupervised": "person",
    "adults-only": "person",
    "supervisor-left": "clock",
    "supervisor-back": "tick",
}


REFUSING = frozenset(
    (
        "not-listed",
        "offline-unknown",
        "no-agreement",
        "quarantined",
        "restricted",
        "meeting",
        "induction",
        "closed",
        "unsupervised",
        "adults-only",
    )
)
"""Whoever reads one of these is not let in: the way to help stands there like everywhere."""


WAITING = frozenset(("unsupervised", "induction"))
"""It goes on by itself when an adult checks in; who does not want to wait signs out."""


def closing_words(page: pages.NoticePage, say: Say) -> str:
    """Return what the last button does."""
    return say("Sign out") if page.kind in WAITING else say("Close")


def words_for(page: pages.NoticePage, say: Say, now: datetime) -> tuple[str, str]:
    """Return what happened, and what it means and what one can do. `now` is local."""
    if page.kind in ("restricted", "ends-soon"):
        return limit_words(page, say, now)
    if page.kind in ("closed", "adults-only", "supervisor-left"):
        return hours_words(page, say, now)
    words = {
        "help-asking": (
            say.you("The school is being told."),
            say.you("This can take a moment. If you cannot wait, go to an adult."),
        ),
        "help-sent": (
            say.you("You told. That was right."),
            say.you("The school has your call for help. If nobody comes soon, go to an adult."),
        ),
        "help-waiting": (
            say.you("Not sent yet: tell an adult now."),
            say.you("This laptop has no connection to the school. It sends your call as soon as it can."),
        ),
        "declined": (
            say.you("You did not accept the rules."),
            say.you("That is all right. The laptop signs you out now. An adult can talk about it with you."),
        ),
        "timed-out": (
            say.you("Nobody answered."),
            say.you(
                "The laptop signs out, because the rules were not answered in time. You can sign in again."
            ),
        ),
        "not-listed": (
            say.you("This account is not on the school’s list."),
            say.you("The laptop cannot open for it. You did nothing wrong. An adult can add the account."),
        ),
        "offline-unknown": (
            say.you("This laptop does not know you yet."),
            say.you("It has no connection to the school and cannot ask. Sign in again when it is connected."),
        ),
        "no-agreement": (
            say.you("The rules are not on this laptop yet."),
            say.you("It cannot open without them. It fetches them when it has a connection to the school."),
        ),
        "gate-failed": (
            say.you("This laptop cannot show the rules."),
            say.you("It cannot open without them. You did nothing wrong. A technician has to look at it."),
        ),
        "session-lost": (
            say.you("A part of Gatepost stopped."),
            say.you("The screen locks, so that nobody else can use your session. Your work stays open."),
        ),
        "too-fast": (
            say.you("That was very quick."),
            say.you("Please look at every page before you answer. There is time."),
        ),
        "lock-failed": (
            say.you("The screen could not be locked."),
            say.you("Please sign out before you leave this laptop, and tell an adult."),
        ),
        "problem-sent": (
            say.you("Thank you for telling."),
            say.you("The technician reads it and looks at this laptop. You can leave it as it is."),
        ),
        "problem-not-kept": (
            say.you("This could not be written down: tell an adult now."),
            say.you("The technician does not know of it yet."),
        ),
        "quarantined": (
            say.you("This laptop is put away for now."),
            say.you("An adult in charge keeps it as it is. You did nothing wrong. Take another laptop."),
        ),
        "meeting": (
            say.you("Somebody at school would like to talk with you first."),
            say.you("After that you read the rules again, and then you can sign in. Ask an adult when."),
        ),
        "induction": (
            say.you("First comes the lesson about being safe online."),
            say.you(
                "After it you can sign in by yourself. While a teacher is checked in, you can do it now."
            ),
        ),
        "unsupervised": (
            say.you("An adult has to be here first."),
            say.you("It goes on by itself as soon as a teacher checks in for this room. You can wait here."),
        ),
        "supervisor-back": (
            say.you("An adult is here again."),
            say.you("You can go on with your work."),
        ),
    }
    return words[page.kind]


def hours_words(page: pages.NoticePage, say: Say, now: datetime) -> tuple[str, str]:
    """Return what the hours say, to everybody alike: until when, what follows, and nothing of anybody."""
    ends, until = moment_of(page.ends_at), moment_of(page.until)
    if ends is not None:
        time = say.time(ends.astimezone(now.tzinfo))
        title = (
            say.you("No adult is checked in for this room.")
            if page.kind == "supervisor-left"
            else say.you("The laptops close at {time}.", time=time)
        )
        if page.then == "end":
            return title, say.you("Please save your work now. You are signed out at {time}.", time=time)
        if page.kind == "supervisor-left":
            return title, say.you(
                "Please save your work. The screen locks at {time}, unless a teacher checks in."
                " Your work stays open.",
                time=time,
            )
        return title, say.you("Please save your work. The screen locks then. Your work stays open.")
    title = say.you("The laptops are closed now.")
    if page.kind == "adults-only":
        title = say.you("An adult uses this laptop now.")
    if until is None:
        return title, say.you("That is so for everybody. Ask your teacher when you can use it.")
    local = until.astimezone(now.tzinfo)
    if local.date() == now.date():
        return title, say.you(
            "That is so for everybody. You can sign in again today at {time}.", time=say.time(local)
        )
    return title, say.you(
        "That is so for everybody. You can sign in again on {day} at {time}.",
        day=say.day(local.date(), now.date()),
        time=say.time(local),
    )


def limit_words(page: pages.NoticePage, say: Say, now: datetime) -> tuple[str, str]:
    """Return that a login is closed for now or ends soon: who set it, until when, and nothing else."""
    ends, until = moment_of(page.ends_at), moment_of(page.until)
    if page.kind == "ends-soon":
        title = say.you("You are signed out soon.")
        if ends is not None:
            title = say.you("You are signed out at {time}.", time=say.time(ends.astimezone(now.tzinfo)))
        return title, say.you("Please save your work now. An adult at school has set this time.")
    title = say.you("You cannot sign in just now.")
    if until is None:
        return title, say.you("An adult at school has set this. Ask an adult when it ends.")
    local = until.astimezone(now.tzinfo)
    if local.date() == now.date():
        return title, say.you(
            "An adult at school has set this. You can sign in again today at {time}.", time=say.time(local)
        )
    return title, say.you(
        "An adult at school has set this. You can sign in again on {day} at {time}.",
        day=say.day(local.date(), now.date()),
        time=say.time(local),
    )


def block(page: pages.NoticePage, say: Say, now: datetime, *, bare: bool) -> Html:
    """Return the window's one block; `bare` fills the screen behind it."""
    title, said = words_for(page, say, now)
    contacts = contacts_list(page.contacts)
    return small_window(
        say,
        school_mark(page.school),
        tag("div", icon(SIGNS[page.kind]), tag("h1", title, id="title", tabindex=-1), class_="notice-head"),
        tag("p", said, id="said"),
        tag("p", say.you("You can go to:"), class_="quiet") if contacts else None,
        contacts,
        report_button(page, say, class_="btn wide"),
        choice_button(say("I need help"), "help", sign="hand", class_="btn wide")
        if page.kind in REFUSING
        else None,
        choice_button(closing_words(page, say), "close", class_="btn wide"),
        bare=bare,
        role="alertdialog",
    )
