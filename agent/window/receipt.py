"""Whether it has arrived, truthfully; and the answers of adults."""

from datetime import datetime

from agent.link import pages
from agent.link.report_speech import receipt_lines
from agent.window.markup import Html, icon, picture, tag
from agent.window.parts import choice_button, contacts_list, full_window, language_switch, note, school_mark
from agent.window.report_choices import answer_words
from agent.window.report_early import line_numbers, read_buttons, silent_note
from agent.window.report_parts import help_card, names_line, screen
from agent.window.wording import moment_words
from agent.words import Say
from policies.settings import LANGUAGES

_PICTURES = {
    "sending": "report-told",
    "sent": "report-told",
    "waiting": "tell-adult",
    "refused": "tell-adult",
}


def title_words(page: pages.ReceiptPage, say: Say) -> tuple[str, str]:
    """Return what happened, and what it means."""
    words = {
        "sending": (say("It is on its way"), say.you("Wait a moment.")),
        "sent": (say("It has arrived. Thank you for telling us."), say.you("You did the right thing.")),
        "waiting": (
            say.you("Not sent yet: tell an adult now"),
            say("This laptop has no connection to the school at the moment."),
        ),
        "refused": (say.you("Please tell an adult now"), _why_words(page, say)),
    }
    return words[page.state]


def _why_words(page: pages.ReceiptPage, say: Say) -> str:
    """Return why a report was not taken; none of it is anybody's fault."""
    words = {
        "": say("It was not sent."),
        "nobody-left": say("It was not sent: none of the adults who read reports here is left for this one."),
        "too-many": say.you("You have told very often today. What you told before is not lost."),
        "not-kept": say("It was not sent: this laptop could not keep it."),
        "switched-off": say("It was not sent: reports are not taken on this laptop at the moment."),
        "cut-off": say.you("Gatepost stopped for a moment while you told. It may not have been sent."),
    }
    return words[page.why]


def next_words(page: pages.ReceiptPage, say: Say) -> tuple[str, ...]:
    """Return what happens next, or what to do."""
    if page.state == "sent":
        return (
            say.you("Do not wait for an answer: go to the nearest adult now.")
            if page.urgent
            else answer_words(page, say),
            say.you("Someone finds a quiet moment for you, not in front of the class."),
            say.you("An answer waits for you in the Gatepost window. It never pops up in class."),
        )
    if page.state == "sending":
        return (say.you("This window says when it has arrived. If it does not, tell an adult."),)
    return (
        say.you("Go to the nearest adult you trust."),
        say.you("Say: “I wrote a Something’s wrong and it has not gone.” You need not say more."),
    )


def receipt(page: pages.ReceiptPage, say: Say) -> Html:
    """Return the window's one block of one language."""
    if page.tier == "early":
        return _early(page, say)
    title, lead = title_words(page, say)
    heading = say("What happens next") if page.state in ("sent", "sending") else say.you("Do this now")
    following = next_words(page, say)
    steps = tag("ol", *(tag("li", words) for words in following), class_="dots stack tight")
    if len(following) == 1:
        steps = tag("p", following[0])
    return screen(
        page,
        say,
        at=0,
        steps=0,
        top=language_switch(say, LANGUAGES),
        body=(
            tag("div", tag("h1", title, tabindex=-1), tag("p", lead, class_="lead"), class_="stack tight"),
            tag(
                "div",
                tag("div", _state_note(page, say), tag("h2", heading), steps, class_="stack"),
                tag("div", _until_then(page, say), help_card(page, say), class_="stack wide"),
                class_="cols two",
            ),
        ),
        answers=(
            tag(
                "button",
                say("Done") if page.state in ("sent", "sending") else say("Close"),
                class_="btn main" if page.state == "sent" else "btn",
                type="button",
                data_choice="close",
            ),
            choice_button(say("Tell something more"), "report")
            if page.state in ("sent", "waiting")
            else None,
        ),
        hides=False,
    )


def _state_note(page: pages.ReceiptPage, say: Say) -> Html | None:
    names = names_line(say, page.readers)
    match page.state:
        case "sent":
            first = (
                say.you("Someone may be in danger: they see it before everything else.")
                if page.urgent
                else ""
            )
            who = tag("p", say("Only these adults can read it:"), " ", names) if page.readers else None
            return note(
                "ok",
                "tick",
                tag("p", tag("b", say("The school has it, sealed"))),
                who,
                tag("p", first) if first else None,
                role="status",
            )
        case "waiting":
            return note(
                "wait",
                "nosignal",
                tag("p", tag("b", say("Waiting on this laptop, sealed"))),
                tag(
                    "p",
                    say.you(
                        "It goes by itself when the connection returns. "
                        "Nobody has read it so far: please do not wait for an answer."
                    ),
                ),
                role="status",
            )
        case "sending":
            return note(
                "off", "sent", tag("p", tag("b", say("Sealed, on its way to the school"))), role="status"
            )
    return None


def _until_then(page: pages.ReceiptPage, say: Say) -> Html | None:
    if page.state != "sent":
        return None
    words = say.you(
        "You need not look at it again, answer anyone, or keep proof. "
        "If it gets worse, tell any adult at once."
    )
    return tag("div", tag("h2", say("Until then")), tag("p", words), class_="card stack")


def _early(page: pages.ReceiptPage, say: Say) -> Html:
    lines = line_numbers(say) if page.read_aloud else {}
    first, *rest = receipt_lines(say.language)[page.state]
    said = [tag("p", words, data_line=lines.get(words)) for words in rest]
    contacts = contacts_list(page.contacts) if page.state in ("waiting", "refused") else None
    return screen(
        page,
        say,
        at=0,
        steps=0,
        top=read_buttons(say) if page.read_aloud else None,
        body=(
            silent_note(say),
            tag(
                "div",
                tag("div", picture(_PICTURES[page.state]), class_="picture"),
                tag(
                    "div",
                    tag("h1", first, tabindex=-1, data_line=lines.get(first)),
                    *said,
                    contacts,
                    class_="stack wide",
                    role="status",
                ),
                class_="cols two",
            ),
        ),
        answers=(
            tag("button", icon("check"), say("OK"), class_="btn", type="button", data_choice="close"),
            tag(
                "button", icon("hand"), say("A grown-up, please"), class_="btn", type="button", data_help=True
            )
            if page.state != "sent"
            else None,
        ),
        hides=False,
        class_="told",
    )


def replies(page: pages.RepliesPage, say: Say, now: datetime) -> Html:
    """Return what adults answered, newest first; opened from the panel and never by itself."""
    entries = (
        tag(
            "article",
            tag(
                "p",
                tag("b", reply.by),
                ", ",
                tag("span", moment_words(say, reply.at, now), class_="when"),
                class_="by",
            ),
            tag("p", reply.words, class_="words", dir="auto"),
            class_="stack tight",
        )
        for reply in sorted(page.replies, key=lambda each: each.at, reverse=True)
    )
    contacts = contacts_list(page.contacts, 3)
    nothing = tag("p", say("Nobody has answered yet."), class_="blank")
    return full_window(
        say,
        top=(
            school_mark(page.school),
            tag("div", language_switch(say, LANGUAGES), choice_button(say("Close"), "close"), class_="row"),
        ),
        body=(
            tag(
                "div",
                tag(
                    "div",
                    tag("h1", say.you("What adults answered you"), tabindex=-1),
                    tag(
                        "p",
                        say("Sealed: only you can read it here, while you are signed in."),
                        class_="quiet",
                    ),
                    class_="stack tight",
                ),
                tag("div", *entries, class_="stack wide") if page.replies else nothing,
                tag("div", tag("p", say.you("You can also go to:"), class_="quiet"), contacts, class_="small")
                if contacts
                else None,
                tag("p", choice_button(say("Tell something more"), "report")) if page.reports else None,
                class_="stack wide",
            ),
        ),
    )
